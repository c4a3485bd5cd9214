import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { tarFilter } from "../../../provider/platforms/docker/image-archive.js";
import { filesOfLayers, knownLayers } from "../../../provider/platforms/docker/image-transfer.js";

const long = `${"a".repeat(90)}/${"b".repeat(90)}/${"c".repeat(90)}`;

/** An archive with short and long names, empty and odd sizes. */
function archive(format: "gnu" | "posix"): Buffer {
    const folder = mkdtempSync(join(tmpdir(), "cutover-tar-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, long), { recursive: true });
    for (const [path, size] of Object.entries({
        one: 0,
        two: 513,
        [`${long}/three`]: 70_000,
        four: 512,
    }))
        writeFileSync(join(folder, path), Buffer.alloc(size, 7));
    const files = ["one", "two", `${long}/three`, "four"];
    return execFileSync("tar", [`--format=${format}`, "-C", folder, "-c", ...files]);
}

/** What passes, when the archive comes in parts of some size. */
function filtered(bytes: Buffer, size: number, keep: (name: string) => boolean): Promise<Buffer> {
    const parts = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
    return buffer(Readable.from(parts).pipe(tarFilter(keep)));
}

const listed = (bytes: Buffer) =>
    execFileSync("tar", ["-t"], { input: bytes }).toString().trim().split("\n");

describe.each(["gnu", "posix"] as const)("an archive of format %s", (format) => {
    test.each([1, 511, 512, 10_000, 1_000_000])(
        "in parts of %i bytes, is passed on as it is",
        async (size) => {
            const bytes = archive(format);
            expect((await filtered(bytes, size, () => true)).equals(bytes)).toBe(true);
        },
    );

    test.each([7, 512, 1_000_000])(
        "in parts of %i bytes, loses what is dropped, by long names too",
        async (size) => {
            const bytes = archive(format);
            const rest = await filtered(
                bytes,
                size,
                (name) => name !== "two" && name !== `${long}/three`,
            );
            expect(listed(rest)).toEqual(["one", "four"]);
            expect(listed(await filtered(bytes, size, (name) => name !== "four"))).toEqual([
                "one",
                "two",
                `${long}/three`,
            ]);
        },
    );
});

test("only layers are there that another image has from the lowest on", () => {
    const image = { layers: ["a", "b", "c"] };
    expect(knownLayers(image, [])).toBe(0);
    expect(knownLayers(image, [{ layers: ["a", "x"] }, { layers: ["b", "c"] }])).toBe(1);
    expect(knownLayers(image, [{ layers: ["a", "b"] }, { layers: ["a", "b", "c", "d"] }])).toBe(3);
});

test("a file is left out only when no layer that is missing is read from it", () => {
    const manifest = JSON.stringify([
        { Config: "x.json", Layers: ["1/layer.tar", "2/layer.tar", "3/layer.tar"] },
    ]);
    expect(filesOfLayers(`${manifest}\0\0`, ["a", "b", "c"], 2)).toEqual(
        new Set(["1/layer.tar", "2/layer.tar"]),
    );
    expect(filesOfLayers(manifest, ["a", "b", "a"], 2)).toEqual(new Set(["2/layer.tar"]));
    expect(filesOfLayers("", ["a"], 1)).toEqual(new Set());
});
