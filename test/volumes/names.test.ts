import { expect, test } from "vitest";
import {
    escapeName,
    firstNames,
    nulSeparated,
    parentPath,
    pathBytes,
} from "../../provider/volumes/names.js";

const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");

test.each([
    [bytes("plain name"), '"plain name"'],
    ["", '"."'],
    ["a\nb", '"a\\x0ab"'],
    ["\x1b[2J", '"\\x1b[2J"'],
    ["\x7f\x01", '"\\x7f\\x01"'],
    ["inv\xff\xfe", '"inv\\xff\\xfe"'],
    [bytes("été 漢字 🎉"), '"été 漢字 🎉"'],
    [bytes("a\u202eb"), '"a\\xe2\\x80\\xaeb"'],
    [bytes("a\u00a0b\u2028"), '"a\\xc2\\xa0b\\xe2\\x80\\xa8"'],
    ["\xc0\xaf", '"\\xc0\\xaf"'],
    ["\xed\xa0\x80", '"\\xed\\xa0\\x80"'],
    ["\xe2\x82", '"\\xe2\\x82"'],
    ['q"\\', '"q\\"\\\\"'],
    ["\\x0a", '"\\\\x0a"'],
])("%j is shown as %s", (name, shown) => {
    expect(escapeName(name)).toBe(shown);
});

test("no name reaches the screen raw, whatever its bytes, and no two names look the same", () => {
    const seen = new Map<string, string>();
    let seed = 7;
    for (let round = 0; round < 20_000; round++) {
        const length = 1 + (round % 6);
        const name = Array.from({ length }, () => {
            seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
            return String.fromCharCode((seed >> 12) & 0xff);
        }).join("");
        const shown = escapeName(name);
        expect(shown).toMatch(/^"[\p{L}\p{M}\p{N}\p{P}\p{S} ]*"$/u);
        expect(seen.get(shown) ?? name).toBe(name);
        seen.set(shown, name);
    }
});

test("paths keep their bytes", () => {
    expect(pathBytes("/root", "a\xff\n")).toEqual(Buffer.from("/root/a\xff\n", "latin1"));
    expect(pathBytes("/root", "")).toEqual(Buffer.from("/root"));
    expect(nulSeparated(["-a", "b\xff"])).toEqual(Buffer.from("-a\0b\xff\0", "latin1"));
    expect([parentPath("a/b/c"), parentPath("a"), parentPath("")]).toEqual(["a/b", "", undefined]);
});

test("the first names of many", () => {
    expect(firstNames(["a", "b"])).toBe('"a", "b"');
    expect(firstNames(["a", "b", "c", "d", "e"])).toBe('"a", "b", "c" and 2 more');
});
