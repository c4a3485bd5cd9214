import { z } from "zod";
import { CutoverError } from "../../engine/errors.js";

/** A network, and who has which address in it now. */
export interface NetworkFacts {
    name: string;
    driver: string;
    /** By the address, without its mask: the name of the container that has it. */
    addresses: Readonly<Record<string, string>>;
}

const schema = z.object({
    Name: z.string(),
    Driver: z.string().default(""),
    Containers: z
        .record(
            z.string(),
            z.looseObject({
                Name: z.string().default(""),
                IPv4Address: z.string().default(""),
                IPv6Address: z.string().default(""),
            }),
        )
        .nullish(),
});

/** Parses what `docker network inspect NAME` prints. */
export function parseNetwork(text: string): NetworkFacts {
    const read = z.array(schema).min(1).safeParse(JSON.parse(text));
    const raw = read.data?.[0];
    if (!raw) throw new CutoverError("what Docker says of a network cannot be read");
    const taken = Object.values(raw.Containers ?? {}).flatMap((one) =>
        [one.IPv4Address, one.IPv6Address]
            .filter((address) => address !== "")
            .map((address) => [address.replace(/\/\d+$/, ""), one.Name] as const),
    );
    return { name: raw.Name, driver: raw.Driver, addresses: Object.fromEntries(taken) };
}
