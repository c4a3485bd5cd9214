import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gate, handover, volumeMigration } from "../../provider/adapters/dynamic.js";
import { providerText } from "../../provider/adapters/provider-text.js";

const adapters = { gate, handover, volumeMigration };

test("the text in the state is a constant, and is found in every version of the package", () => {
    expect(
        Object.keys(adapters).map((name) => providerText(name as keyof typeof adapters)),
    ).toEqual([
        'exports.handler = () => require("pulumi-cutover/dynamic").gate();',
        'exports.handler = () => require("pulumi-cutover/dynamic").handover();',
        'exports.handler = () => require("pulumi-cutover/dynamic").volumeMigration();',
    ]);
    const root = join(import.meta.dirname, "..", "..");
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        exports: Record<string, unknown>;
    };
    expect(exports["./dynamic"]).toBe("./dist/adapters/dynamic.js");
});

test.each(Object.entries(adapters))(
    "a bad input of %s is told without a property, whose value the CLI would print",
    async (_name, adapter) => {
        const news = {
            __provider: "text",
            origin: { project: "p", stack: "s", name: "n" },
            pasword: "hunter2",
        };
        const { failures, inputs } = (await adapter().check?.({}, news)) ?? {};
        expect(failures?.length).toBeGreaterThan(0);
        for (const { property, reason } of failures ?? []) {
            expect(property).toBe("");
            expect(reason).not.toContain("hunter2");
        }
        expect(
            failures?.some(({ reason }) => reason.startsWith("pasword: is not a property")),
        ).toBe(true);
        expect(inputs).toBe(news);
    },
);

test("what goes back to Pulumi holds its provider and no undefined", async () => {
    const volume = (name: string) => ({ docker: { volume: name, host: "unix:///nowhere.sock" } });
    const news = {
        __provider: "text",
        __preview: true,
        origin: { project: "p", stack: "s", name: "n" },
        source: volume("orders-v1"),
        destination: volume("orders-v2"),
    };
    const { inputs, failures } = (await volumeMigration().check?.({}, news)) ?? {};
    expect(failures).toBeUndefined();
    expect(inputs).toMatchObject({ __provider: "text", volume: "orders-v2" });
    expect(inputs).not.toHaveProperty("__preview");
    expect(undefinedIn(inputs)).toEqual([]);
});

function undefinedIn(value: unknown, path = ""): string[] {
    if (value === undefined) return [path];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, leaf]) => undefinedIn(leaf, `${path}.${name}`));
}
