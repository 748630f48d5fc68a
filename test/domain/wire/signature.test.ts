import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { sign } from "../../../src/domain/wire/signature.ts"

const secret = Redacted.make("kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==")
const nonce = "1616492376594"

/** Test vectors. Kraken publishes the first; the others were computed with its key and nonce. */
const vectors = {
  "Kraken's published one": {
    path: "/0/private/AddOrder",
    body: "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
    signature: "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
  },
  "a nonce alone": {
    path: "/0/private/Balance",
    body: "nonce=1616492376594",
    signature: "1nH4vwR+8FHiYh1QT649xXkGd3JR3x0DWkgv3u9Ed/Qqv6KPtgQpEU4m+Emb/VgpEji3j1XNwI+HCbfXxmrTOg=="
  },
  "a one-time password": {
    path: "/0/private/Balance",
    body: "nonce=1616492376594&otp=123456",
    signature: "jbyoyzbCFde1u0Rnp3ChMEofg5y4E4qpI247mcYicXoAi4c201b8GKM5LmshBvKP9WVm+UFHd710qkGBE0tRJw=="
  },
  "JSON with the nonce as text": {
    path: "/0/private/AddOrder",
    body: `{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}`,
    signature: "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg=="
  },
  "JSON with the nonce as a number": {
    path: "/0/private/AddOrder",
    body: `{"nonce":1616492376594,"ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}`,
    signature: "kMkTQfyYJH05IdnWQ9TIqL9Kq+dKqcD5O/TGPPLRwwy1is/YvqEYtMAHf7tXsqwfbLwp7pbzJzWHxzKPnL8rfA=="
  },
  "a JSON array": {
    path: "/0/private/CancelOrderBatch",
    body: `{"nonce":"1616492376594","orders":["OG5V2Y-RYKVL-DT3V3B","OP5V2Y-RYKVL-ET3V3B"]}`,
    signature: "7Ay2V+Mk86knhHj308x4X+OnfemQMEAzS2qyCQuPjFkfyR0s5UiDLQGmF663YuPKjgmh6OlXXgLvgrCijrC9pA=="
  },
  "an array in a form": {
    path: "/0/private/CancelOrderBatch",
    body: "nonce=1616492376594&orders%5B0%5D=OG5V2Y-RYKVL-DT3V3B&orders%5B1%5D=OP5V2Y-RYKVL-ET3V3B",
    signature: "Kjru2LFm2v/rIP3xkZrchcBCR/z0nbX36gXmp3F2IRlXjNHwDEDtUphS6ndXsCyKdQkoSQCg+Tl21BZhrBV7ww=="
  },
  "plus, percent, hash and brackets": {
    path: "/0/private/AddOrder",
    body: "nonce=1616492376594&pair=XBTUSD&type=sell&ordertype=trailing-stop&volume=0.1&price=%2B1.5%25&close%5Bordertype%5D=limit&close%5Bprice%5D=%2310%25",
    signature: "rZDrZapQRPE4kQHu/DSbXwnjwQQ7Hr2Yfg2mVvA0n0vA/1aXjcRJN3wCTAtA/rUYVViqjdxAcCIzuyCrTewmAg=="
  }
}

describe("sign", () => {
  for (const [name, { body, path, signature }] of Object.entries(vectors)) {
    it(`signs ${name}`, () => assert.strictEqual(sign(path, nonce, body, secret), signature))
  }
})
