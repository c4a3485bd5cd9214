import { dockerHostLeaf } from "../docker-host.js";
import { choiceLeaf, dockerNameLeaf, durationLeaf, imageLeaf, textLeaf } from "../input-leaves.js";
import { input, listOf, Refusal, shape } from "../input-shape.js";
import { patterns, quiesceShape } from "../volume-migration/shape.js";
import { archivePathLeaf, volumeRefShape } from "../volume-ref.js";

const containerShape = shape('write { docker: { name: "orders" } }', {
    docker: shape('write { docker: { name: "orders" } }', {
        name: dockerNameLeaf("container", "orders"),
        host: dockerHostLeaf().optional(),
    }),
});

/** The public key of a native age identity (bech32). Its text may be printed: it opens nothing. */
const recipientLeaf = input<string>(
    "write the public key that age-keygen prints: age1 and 58 more characters",
    (value) => {
        if (typeof value !== "string") return new Refusal("must be a text");
        // Never in a plan: someone has mixed them up.
        if (/^AGE-SECRET-KEY-/i.test(value)) return new Refusal("is a private key");
        return /^age1[02-9ac-hj-np-z]{58}$/.test(value)
            ? value
            : new Refusal("is no public key of age");
    },
);

/** Everything that a program says of a save. */
export const archiveShape = shape("write the archive's arguments", {
    source: volumeRefShape("orders").optional(),
    container: containerShape.optional(),
    archive: shape('write { path: "/srv/backups/orders.tar.zst" }', {
        path: archivePathLeaf,
        host: dockerHostLeaf().optional(),
    }),
    quiesce: quiesceShape("restart").optional(),
    include: patterns(),
    exclude: patterns(),
    recipients: listOf('write public keys, such as ["age1…"]', recipientLeaf).optional(),
    onExisting: choiceLeaf("refuse", "replace").default("refuse"),
    rerun: textLeaf('a text, such as "2"').optional(),
    timeout: durationLeaf("24 hours").default("24 hours"),
    runnerImage: imageLeaf("registry.example.com/cutover-runner:1").optional(),
});
