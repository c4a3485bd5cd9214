import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { execaRunner } from "../../../provider/platforms/execa.js";
import { ContentDigest } from "../../../provider/volumes/archive/content-digest.js";
import { ContentReader } from "../../../provider/volumes/content.js";

const folder = mkdtempSync(join(tmpdir(), "cutover-digest-"));
const reader = new ContentReader(execaRunner);
afterAll(async () => {
    await reader.close();
    rmSync(folder, { recursive: true });
});

/** As the proof of a restored file has it. */
async function ofFile(content: Buffer): Promise<string | undefined> {
    const path = join(folder, "file");
    writeFileSync(path, content);
    const { ctimeNs } = statSync(path, { bigint: true });
    const job = {
        path,
        size: content.length,
        ctimeSeconds: Number(ctimeNs / 1_000_000_000n),
        ctimeNanos: Number(ctimeNs % 1_000_000_000n),
    };
    return (await reader.digest([job]))[0]?.digest;
}

function ofStream(content: Buffer, piece: number): string {
    const digest = new ContentDigest(content.length);
    for (let at = 0; at < content.length; at += piece)
        digest.add(at, content.subarray(at, at + piece));
    return digest.end();
}

function pattern(length: number): Buffer {
    return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
}

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])(
    "content of %i bytes has the same digest from a stream and from a file",
    async (length) => {
        const content = pattern(length);
        const expected = await ofFile(content);
        for (const piece of [1_000, 65_536, 1 << 20])
            expect(ofStream(content, piece)).toBe(expected);
    },
);

test("zeros count the same whether they are written, a hole, or left out", async () => {
    const content = Buffer.alloc(400_000);
    content.write("x", 300_000);
    const expected = await ofFile(content);
    expect(ofStream(content, 10_000)).toBe(expected);
    const holed = new ContentDigest(content.length);
    holed.add(300_000, Buffer.from("x"));
    expect(holed.end()).toBe(expected);
    expect(new ContentDigest(content.length).end()).toBe(await ofFile(Buffer.alloc(400_000)));
});
