import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";
import { imageTags } from "../../provider/runner/image.js";
import { Migration } from "./migration.js";
import { docker } from "./stack.js";

const folders: string[] = [];
afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A stack that saves and restores, and a folder of the engine's machine (which is this one) for archives. */
export class Archiving {
    readonly folder = mkdtempSync(join(tmpdir(), "cutover-archives-"));
    readonly file = join(this.folder, "orders.tar.zst");

    static async begin(): Promise<Archiving> {
        return new Archiving(await Migration.begin());
    }

    private constructor(readonly migration: Migration) {
        folders.push(this.folder);
    }

    /** The program saves: `archive` are further properties of the file, `more` further arguments. */
    save(more = "", path = this.file): this {
        this.migration.stack.program(`
import * as cutover from "pulumi-cutover";
const orders = new cutover.VolumeArchive("orders", {
    ${more.includes("container:") ? "" : `source: { docker: { volume: "${this.migration.source}" } },`}
    archive: { path: "${path}" },
    ${more}
});
export const path = orders.path;
export const report = orders.report;
`);
        return this;
    }

    /** The program restores: `archive` are further properties of the source. */
    restore(archive = "", more = "", path = this.file): this {
        this.migration.stack.program(`
import * as cutover from "pulumi-cutover";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const orders = new cutover.VolumeMigration("restored", {
    source: { archive: { path: "${path}", ${archive} } },
    destination: { docker: { volume: "${this.migration.destination}" } },
    ${more}
});
export const volume = orders.volume;
export const report = orders.report;
void config;
`);
        return this;
    }
}

/** The tests' own runner image, which is built where it is not there yet. */
export async function runnerImage(): Promise<string> {
    const built = resolve("dist", "runner");
    const tag = imageTags(built).runner;
    await docker("build", "--quiet", "--target", "runner", "--tag", tag, built);
    return tag;
}

/** A pair of keys of age. */
export async function ageKeys(): Promise<{ identity: string; recipient: string }> {
    const text = await docker("run", "--rm", "--entrypoint", "age-keygen", await runnerImage());
    const identity = /^AGE-SECRET-KEY-\S+$/m.exec(text)?.[0] ?? "";
    const recipient = /^# public key: (\S+)$/m.exec(text)?.[1] ?? "";
    return { identity, recipient };
}
