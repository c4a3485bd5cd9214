import { expect, test } from "vitest";
import { judgeLink } from "../../../provider/volumes/remote/link-speed.js";

const mebi = 1 << 20;
const text = { bytes: 16 * mebi, packed: 4 * mebi, seconds: 0.05 };

test.each([
    ["slow, data that pack", 12 * mebi, text, true],
    ["fast, data that pack", 800 * mebi, text, false],
    ["slow, data that do not", 12 * mebi, { ...text, packed: 16 * mebi }, false],
    ["slow, a machine on which zstd is slower", 12 * mebi, { ...text, seconds: 2 }, false],
])("a link that is %s", (_, rate, sample, compressed) => {
    expect(judgeLink(rate, sample).compressed).toBe(compressed);
});

test("says why, with figures", () => {
    expect(judgeLink(12 * mebi, text)).toEqual({
        rate: 12 * mebi,
        compressed: true,
        reason: "the link carries 12 MiB/s, zstd packs 320 MiB/s to 25 %",
    });
    expect(judgeLink(12 * mebi, { bytes: 10, packed: 5, seconds: 1 }).reason).toBe(
        "the link carries 12 MiB/s; too little data to try zstd on",
    );
});
