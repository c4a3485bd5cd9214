import { expect, test } from "vitest";
import {
    type DigestedSide,
    ManifestText,
    manifestParts,
} from "../../../provider/volumes/archive/manifest-text.js";
import { type EntryStat, kinds, Manifest } from "../../../provider/volumes/manifest.js";

const stat: EntryStat = {
    kind: kinds.file,
    mode: 0o644,
    uid: 3_000_000_000,
    gid: 0,
    size: 13,
    blocks: 8,
    links: 2,
    inodeLow: 123_456_789,
    inodeHigh: 18_446_744_073,
    mtimeSeconds: -2.5,
    mtimeNanos: 500_000_000,
    ctimeSeconds: 0,
    ctimeNanos: 0,
};
const digest = "\u00ff\u0000a".padEnd(32, "\n");

function side(): DigestedSide {
    const manifest = new Manifest();
    manifest.add("", { ...stat, kind: kinds.directory, mode: 0o7777, mtimeSeconds: 0 });
    manifest.add("new\nline \u00ff 1 2", stat);
    const link = manifest.add(" -> ", { ...stat, kind: kinds.symlink, inodeHigh: 0 });
    manifest.targets.set(link, "to\nnowhere ");
    const device = manifest.add("null", { ...stat, kind: kinds.char });
    manifest.devices.set(device, "259");
    return {
        manifest,
        attributes: new Map([["", 'trusted.x=0x00\nuser.a="b"']]),
        digests: new Map([[1, digest]]),
    };
}

test("a manifest is read as it was written, whatever the names hold", () => {
    const written = side();
    const read = new ManifestText();
    for (const part of manifestParts(written)) read.add(part);
    expect(read.manifest.paths).toEqual(written.manifest.paths);
    for (let at = 0; at < written.manifest.count; at++)
        expect(read.manifest.stat(at)).toEqual(written.manifest.stat(at));
    expect(read.manifest.targets).toEqual(written.manifest.targets);
    expect(read.manifest.devices).toEqual(written.manifest.devices);
    expect(read.attributes).toEqual(written.attributes);
    expect(read.digests).toEqual(written.digests);
});

test("a record can be read by hand", () => {
    const manifest = new Manifest();
    manifest.add("a b", {
        ...stat,
        uid: 1,
        mtimeSeconds: 1_700_000_000,
        mtimeNanos: 1,
        inodeHigh: 0,
    });
    const [part] = manifestParts({ manifest, attributes: new Map(), digests: new Map() });
    expect(part?.toString("latin1")).toBe(
        "f 644 1 0 13 8 2 123456789 1700000000.000000001 - - a b\0\0\0\n",
    );
});

test("anything else is refused", () => {
    const [part] = manifestParts(side());
    const whole = part as Buffer;
    for (const broken of [
        whole.subarray(0, whole.length - 1),
        whole.subarray(1),
        Buffer.concat([whole, Buffer.from("x")]),
        Buffer.from("f 9 0 0 0 0 0 0 0.000000000 - - a\0\0\0\n"),
    ]) {
        expect(() => new ManifestText().add(broken)).toThrow(
            "the archive is damaged: its manifest cannot be read",
        );
    }
});
