import { describe, expect, test } from "vitest";
import { createMatcher, patternProblem } from "../../provider/volumes/matcher.js";

function fits(pattern: string, path: string, directory = false): boolean {
    const bytes = Buffer.from(path, "utf8").toString("latin1");
    return createMatcher([], [pattern]).excluded(bytes, directory);
}

describe("patterns", () => {
    test.each<[string, string, boolean]>([
        ["cache", "cache", true],
        ["cache", "a/cache", true],
        ["cache", "cache2", false],
        ["cache", "a/xcache", false],
        ["/cache", "cache", true],
        ["/cache", "a/cache", false],
        ["a/b", "a/b", true],
        ["a/b", "x/a/b", true],
        ["/a/b", "x/a/b", false],
        ["*.log", "a/b.log", true],
        ["*.log", ".log", true],
        ["/*.log", "a/b.log", false],
        ["a*b", "a/b", false],
        ["a**b", "a/x/b", true],
        ["/a/**", "a/b/c", true],
        ["/a/**", "a", false],
        ["/a/**/b", "a/b", true],
        ["/a/**/b", "a/x/y/b", true],
        ["/a/**/b", "a/xb", false],
        ["**/x", "x", true],
        ["a?c", "abc", true],
        ["a?c", "a/c", false],
        ["a.c", "abc", false],
        ["(a|b)+", "(a|b)+", true],
        ["a\\*", "a*", true],
        ["a\\*", "ab", false],
        ["\\[x]", "[x]", true],
        ["new*line", "new\nline", true],
        ["é*", "été", true],
        ["-rf", "-rf", true],
    ])("%s on %j: %s", (pattern, path, expected) => {
        expect(fits(pattern, path)).toBe(expected);
    });

    test("a trailing slash fits directories only", () => {
        expect(fits("tmp/", "tmp", true)).toBe(true);
        expect(fits("tmp/", "tmp", false)).toBe(false);
    });

    test("bytes that are no UTF-8 are one `?` each", () => {
        expect(createMatcher([], ["a??"]).excluded("a\xff\xfe", false)).toBe(true);
        expect(createMatcher([], ["a?"]).excluded("a\xff\xfe", false)).toBe(false);
    });

    test("the root is never excluded", () => {
        expect(createMatcher([], ["**", "*"]).excluded("", true)).toBe(false);
    });

    test("many stars do not take for ever", () => {
        const started = performance.now();
        fits("*a*a*a*a*a*a*a*b", "a".repeat(255));
        expect(performance.now() - started).toBeLessThan(30_000);
    });
});

test.each([
    ["", "is empty; leave it out to take everything"],
    ["/", "is empty; leave it out to take everything"],
    ["a\0", "holds a NUL character, which no name can hold"],
    ["a\\", "ends in a lone backslash; write \\\\ for a backslash"],
    ["../x", "holds a part . or ..; write the path from the volume's root"],
    ["a/./b", "holds a part . or ..; write the path from the volume's root"],
    ["a//b", "holds an empty part //; write one slash"],
    ["[ab]", "has a character class, which is not supported; write \\[ for a bracket"],
])("the pattern %j is refused", (pattern, problem) => {
    expect(patternProblem(pattern)).toBe(problem);
    expect(() => createMatcher([pattern])).toThrow(`pattern ${JSON.stringify(pattern)} ${problem}`);
});

test.each(["a\\\\", "a\\[", ".hidden", "...", "a/..b"])("the pattern %j is fine", (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
});
