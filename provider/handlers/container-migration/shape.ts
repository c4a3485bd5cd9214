import { dockerHostLeaf } from "../docker-host.js";
import { choiceLeaf, dockerNameLeaf, durationLeaf, imageLeaf, textLeaf } from "../input-leaves.js";
import { listOf, mapOf, shape } from "../input-shape.js";
import { passesShape } from "../passes.js";

const folderLeaf = () =>
    textLeaf('a folder of the host, such as "/srv/orders"', {
        test: /^\/[^:\p{Cc}]*$/u,
        problem: "is not an absolute path",
    });

const notBuilt = { problem: "is not built yet", instead: 'write { docker: { name: "orders" } }' };

/** Everything that a program says of a container's move. */
export const containerMigrationShape = shape("write the migration's arguments", {
    container: shape(
        'write { docker: { name: "orders" } }',
        {
            docker: shape('write { docker: { name: "orders" } }', {
                name: dockerNameLeaf("container", "orders"),
                host: dockerHostLeaf().optional(),
            }),
        },
        { kubernetes: notBuilt },
    ),
    to: shape('write { name: "orders-2" }', {
        name: dockerNameLeaf("container", "orders-2"),
        host: dockerHostLeaf().optional(),
    }),
    volumes: listOf(
        'write names of volumes, such as ["orders-data"]',
        dockerNameLeaf("volume", "orders-data"),
    ).optional(),
    binds: mapOf('write folders, such as { "/srv/a": "/srv/b" }', folderLeaf()).prefault({}),
    layer: choiceLeaf("image", "commit").default("image"),
    memory: choiceLeaf("none", "checkpoint").default("none"),
    verify: choiceLeaf("content", "metadata", "none").default("content"),
    passes: passesShape,
    grace: durationLeaf("30 seconds", { orZero: true }).optional(),
    health: shape('write { timeout: "60 seconds" }', {
        timeout: durationLeaf("60 seconds").default("60 seconds"),
    }).prefault({}),
    onExisting: choiceLeaf("refuse", "update").default("refuse"),
    timeout: durationLeaf("24 hours").default("24 hours"),
    runnerImage: imageLeaf("registry.example.com/cutover-runner:1").optional(),
});
