/** What a resource keeps as its provider: a constant that requires this package, whatever its version. */
export function providerText(
    name: "volumeMigration" | "volumeArchive" | "containerMigration" | "gate" | "handover",
): string {
    return `exports.handler = () => require("pulumi-cutover/dynamic").${name}();`;
}
