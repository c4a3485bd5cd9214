import { readDeclaration } from "../../../provider/handlers/environment/read-declaration.js";
import type { Unknown } from "../../../provider/handlers/unknown.js";
import { changed, lines } from "../changed.js";

export const unknown: Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function container(image: string, ...owned: string[]) {
    return { image, digest: "3f1c", owned };
}

/** The environment of the design's first page, as the class passes it. */
export const shop = {
    platform: "docker",
    docker: { host: "ssh://deploy@shop-1" },
    slots: {
        blue: { containers: { web: container("shop:1.4"), cache: container("redis:7") } },
        green: { containers: { web: container("shop:2.0"), cache: container("redis:7") } },
    },
    volumes: { data: { mounts: { web: "/var/lib/shop" } } },
    traffic: {
        listen: 8080,
        to: { container: "web", port: 3000 },
        weights: { blue: 100, green: 0 },
    },
};

/** What is said of the shop with these properties changed. */
export function said(changes: Record<string, unknown>): string[] {
    return lines(readDeclaration(changed(shop, changes)).problems);
}

/** What the shop is read as with these properties changed. */
export function read(changes: Record<string, unknown> = {}) {
    const { declaration, problems } = readDeclaration(changed(shop, changes));
    if (!declaration) throw new Error(lines(problems).join("\n"));
    return declaration;
}
