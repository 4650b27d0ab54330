/** The envelope of a call, and what a terminate needs. */
import { describe, expect, test } from "vitest";
import { parseBulk, parseTermination } from "../../../../worker/ucloud/schema.ts";
import { recordedJob, recordedRequest, withField, withFields } from "../../../support/ucloud-requests.ts";

describe("a bulk request", () => {
  test("has its items", () => {
    expect(parseBulk(recordedRequest("create-request.json"))).toEqual({ kind: "ok", items: [recordedJob()] });
  });

  test.each([{}, { items: null }, { items: [] }])("%j is an empty one", (body) => {
    expect(parseBulk(body)).toEqual({ kind: "ok", items: [] });
  });

  test("keeps items that it does not understand, for each to be named", () => {
    expect(parseBulk({ items: [null, 5] })).toEqual({ kind: "ok", items: [null, 5] });
  });

  test.each([
    [{ items: "x" }, "items"],
    [[], ""],
    [null, ""],
    ["x", ""],
  ])("%j is none", (body, field) => {
    expect(parseBulk(body)).toMatchObject({ kind: "refused", field });
  });
});

describe("a termination", () => {
  const expected = {
    kind: "ok",
    termination: {
      id: "54112",
      createdAt: 1633329776235,
      owner: { createdBy: "user", project: null },
      productId: "example-compute-1",
      category: "example-compute",
    },
  };

  test.each(["create-request.json", "create-request-today.json"] as const)("is read from the job of %s", (name) => {
    expect(parseTermination(recordedJob(name))).toEqual(expected);
  });

  test("needs nothing of a job that could not be started", () => {
    const broken = withFields(recordedJob(), {
      status: "x",
      "specification.parameters": 5,
      "specification.timeAllocation": "x",
      "specification.application": null,
      "specification.replicas": 0,
    });
    expect(parseTermination(broken)).toEqual(expected);
  });

  test.each([
    ["id", "a/b"],
    ["id", null],
    ["createdAt", "x"],
    ["owner", null],
    ["owner.createdBy", "a\0b"],
    ["specification.product", null],
    ["specification.product.category", ""],
  ])("with %s as %j is refused by that name", (path, value) => {
    expect(parseTermination(withField(recordedJob(), path, value))).toMatchObject({ kind: "refused", field: path });
  });
});
