import {
    appendFileSync,
    cpSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { leftOf, openStacks, slotAt } from "./open-stacks.js";
import { serviceProgram } from "./service.js";

const stacks = openStacks();
const root = resolve(import.meta.dirname, "..", "..");

/** The dependencies of a program with another version of this package among them, whose code says so. */
function upgrade(folder: string, word: string): void {
    const modules = join(folder, "node_modules");
    rmSync(modules);
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules"))) {
        if (name !== "pulumi-cutover")
            symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    const copy = join(modules, "pulumi-cutover");
    mkdirSync(copy);
    cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as object;
    writeFileSync(join(copy, "package.json"), JSON.stringify({ ...manifest, version: "9.9.9" }));
    appendFileSync(
        join(copy, "dist", "adapters", "dynamic.js"),
        `\nconsole.log(${JSON.stringify(word)});\n`,
    );
}

test("a new version of the package changes nothing, and refreshes and deletes what the old one made", async () => {
    const port = await freePort();
    const stack = await stacks.open(serviceProgram({ port, weights: { blue: 100, green: 0 } }));
    await stack.must("up", "--yes", "--skip-preview");

    upgrade(stack.folder, "version 9.9.9 runs");
    const preview = await stack.must("preview", "--diff", "--expect-no-changes");
    expect(preview.output).toContain("version 9.9.9 runs");
    expect(
        (await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes")).output,
    ).toContain("version 9.9.9 runs");
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(await slotAt(`http://127.0.0.1:${port}`)).toBe("blue");

    expect((await stack.must("destroy", "--yes", "--skip-preview")).output).toContain(
        "version 9.9.9 runs",
    );
    expect(await leftOf(stack.prefix("shop"))).toEqual([]);
});
