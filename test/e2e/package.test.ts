import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, TestStack, unique } from "./stack.js";

const root = resolve(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "cutover-package-"));
const source = `${unique("p")}-source`;
let stack: TestStack;

const program = `
import * as cutover from "pulumi-cutover";
const copy = new cutover.VolumeMigration("orders", {
    source: { docker: { volume: "${source}" } },
    destination: { docker: { volume: "${source}-copy" } },
});
export const volume = copy.volume;
`;

/** A project of one's own, outside of the tree, with the package as npm packed it. */
beforeAll(async () => {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "own", private: true }));
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${tarball}`];
    execFileSync("npm", [...install, "typescript@6", "@types/node@22"], { cwd: folder });
    stack = new TestStack(program);
    rmSync(join(stack.folder, "node_modules"));
    cpSync(join(folder, "node_modules"), join(stack.folder, "node_modules"), { recursive: true });
    await docker("volume", "create", source);
    await stack.init();
});

afterAll(async () => {
    await stack?.cleanUp();
    await docker("volume", "rm", "--force", source, `${source}-copy`);
    rmSync(folder, { recursive: true, force: true });
});

test("what npm packs is the built package and nothing else", () => {
    const installed = readdirSync(join(stack.folder, "node_modules", "pulumi-cutover")).sort();
    expect(installed).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"]);
});

test("its types check a program", () => {
    const tsc = join(stack.folder, "node_modules", ".bin", "tsc");
    execFileSync(tsc, ["--noEmit", "-p", stack.folder], { stdio: "pipe" });
});

test("a program of one's own previews, copies, rests and is destroyed with it", async () => {
    await docker(
        "run",
        "--rm",
        "--volume",
        `${source}:/s`,
        "debian:trixie-slim",
        "touch",
        "/s/one",
    );
    const preview = await stack.must("preview", "--diff");
    expect(preview.output).toContain(`copy ${source} into ${source}-copy`);
    await stack.must("up", "--yes", "--skip-preview");
    expect(await stack.outputs()).toMatchObject({ volume: `${source}-copy` });
    const copied = [
        "run",
        "--rm",
        "--volume",
        `${source}-copy:/c`,
        "debian:trixie-slim",
        "ls",
        "/c",
    ];
    expect(await docker(...copied)).toBe("one");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    await stack.must("destroy", "--yes", "--skip-preview");
});

test("its command says how it is used", () => {
    const command = join(stack.folder, "node_modules", ".bin", "pulumi-cutover");
    expect(execFileSync(command, ["--help"], { encoding: "utf8" })).toContain(
        "usage: pulumi-cutover COMMAND NAME [--host HOST]",
    );
});
