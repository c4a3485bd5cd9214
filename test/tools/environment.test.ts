import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
    exportLines,
    shellQuote,
    toolEnvironment,
    withoutNpmFolders,
} from "../../tools/environment.mjs";

const built = { nodeBin: "/c/node/bin", pulumiBin: "/c/cli", pulumiHome: "/c/home", state: "/s" };

describe("toolEnvironment", () => {
    it("puts what was built in front, and sets a local backend and its passphrase", () => {
        expect(toolEnvironment(built, { PATH: "/usr/bin:/bin" })).toEqual({
            PATH: "/c/node/bin:/c/cli:/usr/bin:/bin",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_HOME: "/c/home",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            PULUMI_BACKEND_URL: "file:///s/backend",
            PULUMI_CONFIG_PASSPHRASE: "cutover",
        });
    });

    it("leaves PULUMI_HOME and plugins alone when the machine's own Pulumi serves", () => {
        expect(toolEnvironment({ state: "/s" }, { PATH: "/bin" })).toEqual({
            PATH: "/bin",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_BACKEND_URL: "file:///s/backend",
            PULUMI_CONFIG_PASSPHRASE: "cutover",
        });
    });

    it("changes nothing the second time", () => {
        const once = toolEnvironment(built, { PATH: "/usr/bin" });
        const twice = toolEnvironment(built, once);
        expect({ ...once, ...twice }).toEqual(once);
    });

    it("keeps a backend that is set, and gives no passphrase of ours to one elsewhere", () => {
        const set = toolEnvironment(built, { PATH: "/bin", PULUMI_BACKEND_URL: "s3://ours" });
        expect(set).not.toHaveProperty("PULUMI_BACKEND_URL");
        expect(set).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
    });

    it("gives a passphrase to a local backend that is set without one", () => {
        const set = toolEnvironment(built, { PATH: "/bin", PULUMI_BACKEND_URL: "file:///mine" });
        expect(set).not.toHaveProperty("PULUMI_BACKEND_URL");
        expect(set.PULUMI_CONFIG_PASSPHRASE).toBe("cutover");
    });

    it.each([
        ["a passphrase", { PULUMI_CONFIG_PASSPHRASE: "mine" }],
        ["an empty passphrase", { PULUMI_CONFIG_PASSPHRASE: "" }],
        ["a passphrase file", { PULUMI_CONFIG_PASSPHRASE_FILE: "/f" }],
    ])("keeps %s that is set", (_, env) => {
        expect(toolEnvironment(built, env)).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
    });

    it("writes a state folder with unusual characters as an address", () => {
        const set = toolEnvironment({ state: "/a b#c?d%e" }, {});
        expect(set.PULUMI_BACKEND_URL).toBe("file:///a%20b%23c%3Fd%25e/backend");
    });
});

it("takes npm's own folders from the front of PATH, and leaves a user's further back", () => {
    const npm = "/t/node_modules/.bin:/node_modules/.bin:/npm/run-script/lib/node-gyp-bin";
    const own = "/usr/bin:/mine/node_modules/.bin:/bin";
    expect(withoutNpmFolders(`${npm}:${own}`)).toBe(own);
    expect(withoutNpmFolders(own)).toBe(own);
});

describe("exportLines", () => {
    const hostile = [
        "",
        "plain",
        "two words",
        "it's",
        `"quoted"`,
        "$HOME `id` $(id)",
        "back\\slash\\",
        "a\nb\n",
        "!history * ? [x] {a,b} ~ # & | ; < >",
        "'",
        "''\\''",
        "-n",
        "ümläut 漢字",
    ];

    it.each(hostile)("carries %j through a shell's eval unchanged", (value) => {
        const script = `eval "$1"; printf '%s|' "$VALUE"; sh -c 'printf "%s" "$VALUE"'`;
        const lines = exportLines({ VALUE: value });
        const seen = execFileSync("sh", ["-c", script, "sh", lines], { encoding: "utf8" });
        expect(seen).toBe(`${value}|${value}`);
    });

    it("is one export a variable", () => {
        expect(exportLines({ A: "1", B: "it's" })).toBe("export A='1'\nexport B='it'\\''s'\n");
    });

    it("quotes a word", () => {
        expect(shellQuote("a b")).toBe("'a b'");
    });
});
