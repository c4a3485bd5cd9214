import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";

test("a mover of low priority gives its tools the last place for processors and disk", () => {
    const entry = join(__dirname, "../../provider/volumes/priority.ts");
    const { outputFiles } = buildSync({
        stdin: {
            contents: `import { lowerPriority } from ${JSON.stringify(entry)};
import { execFileSync } from "node:child_process";
lowerPriority();
process.stdout.write(execFileSync("nice") + "" + execFileSync("ionice"));`,
            resolveDir: __dirname,
        },
        bundle: true,
        platform: "node",
        format: "cjs",
        write: false,
    });
    const said = execFileSync(process.execPath, ["-e", outputFiles[0]?.text ?? ""], {
        encoding: "utf8",
    });
    expect(said).toBe("19\nidle\n");
});
