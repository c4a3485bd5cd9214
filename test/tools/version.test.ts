import { describe, expect, it } from "vitest";
import { goVersion } from "../../tools/go-toolchain.mjs";
import { atLeast } from "../../tools/version.mjs";

describe("atLeast", () => {
    it.each([
        ["v3.250.0", "3.250.0"],
        ["3.250.1", "3.250.0"],
        ["v4.0.0", "3.250.0"],
        ["v3.1000.0", "3.250.0"],
        ["v24.21.0\n", "22.12.0"],
        ["3.251.0-alpha.1+dirty", "3.250.0"],
    ])("%j is at least %s", (version, least) => {
        expect(atLeast(version, least)).toBe(true);
    });

    it.each([
        ["v3.249.9", "3.250.0"],
        ["v3.30.0", "3.250.0"],
        ["v2.999.0", "3.250.0"],
        ["v20.20.2", "22.12.0"],
        ["", "3.250.0"],
        [undefined, "3.250.0"],
        ["3.250", "3.250.0"],
        ["3.250.0.1", "3.250.0"],
        ["warning: 3.250.0", "3.250.0"],
    ])("%j is not known to be at least %s", (version, least) => {
        expect(atLeast(version, least)).toBe(false);
    });
});

describe("goVersion", () => {
    it.each([
        ["go version go1.26.8 linux/amd64", "1.26.8"],
        ["go version go1.21 darwin/arm64", "1.21.0"],
        ["go version go1.22rc1 linux/amd64", "1.22.0"],
        ["go: command not found", undefined],
        [undefined, undefined],
    ])("of %j is %s", (output, version) => {
        expect(goVersion(output)).toBe(version);
    });
});
