import { describe, expect, test } from "vitest";
import { weightsIn, withWeights } from "../../../provider/traffic/haproxy/server-lines.js";

// As an older version may have written it: whatever it does not know stays.
const text = `global
    server this is no server weight 5
backend slots
    option from-an-older-version
    server blue slot-blue:3000 check weight 90
    server green slot-green:3000 check weight 10
backend unsafe
    server blue slot-blue:3000 weight 100
    server green slot-green:3000 weight 0 disabled
`;

describe("withWeights", () => {
    test("changes weights and nothing else", () => {
        expect(withWeights(text, { blue: 0, green: 100 }, "green")).toBe(`global
    server this is no server weight 5
backend slots
    option from-an-older-version
    server blue slot-blue:3000 check weight 0 disabled
    server green slot-green:3000 check weight 100
backend unsafe
    server blue slot-blue:3000 weight 0 disabled
    server green slot-green:3000 weight 100
`);
    });

    test("leaves the unsafe backend alone unless told", () => {
        const changed = withWeights(text, { blue: 50, green: 50 });
        expect(weightsIn(changed)).toEqual({
            slots: { blue: 50, green: 50 },
            unsafe: { blue: 100, green: 0 },
        });
    });

    test("there and back is the same text", () => {
        const away = withWeights(text, { blue: 0, green: 100 }, "green");
        expect(withWeights(away, { blue: 90, green: 10 }, "blue")).toBe(text);
    });

    test("a slot that is not named has none", () => {
        expect(weightsIn(withWeights(text, { blue: 100 })).slots).toEqual({ blue: 100, green: 0 });
    });

    test.each([-1, 101, 0.5, Number.NaN])("%s is no weight", (weight) => {
        expect(() => withWeights(text, { blue: weight })).toThrow(
            `the weight of blue is ${weight}: it must be an integer from 0 to 100`,
        );
    });
});
