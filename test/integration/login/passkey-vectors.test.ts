import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isoCBOR, verifySignature } from "@simplewebauthn/server/helpers";
import { describe, expect, it } from "vitest";
import {
  type AssertionResponse,
  parseAssertion,
  parseRegistration,
  type RegistrationResponse,
} from "#features/login/second-factors/passkey/passkey-responses";
import type { RelyingParty } from "#features/login/second-factors/passkey/relying-party";
import { verifyAssertion, verifyRegistration } from "#features/login/second-factors/passkey/webauthn";

/**
 * The test vectors of Web Authentication Level 3, section 16 (https://www.w3.org/TR/webauthn-3/#sctn-test-vectors), in hexadecimal as
 * printed there: all vectors without certificates, and one of the others for each algorithm and device.
 */
const RELYING_PARTY: RelyingParty = { id: "example.org", origins: ["https://example.org"] };

interface Vector {
  readonly credentialId: string;
  readonly publicKey: string;
  readonly registration?: Ceremony & { readonly attestationObject: string };
  readonly authentication: Ceremony & { readonly authenticatorData: string; readonly signature: string };
}

interface Ceremony {
  readonly challenge: string;
  readonly clientDataJSON: string;
}

/** Section 16.2: None attestation, ES256. */
const NONE_ES256 = {
  credentialId: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
  publicKey:
    "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
  registration: {
    challenge: "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    attestationObject:
      "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
  },
  authentication: {
    challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    signature:
      "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
  },
} as const satisfies Vector;

/** Section 16.3: Self attestation (packed), ES256. */
const SELF_ES256 = {
  credentialId: "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c",
  publicKey:
    "a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
  registration: {
    challenge: "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d",
    attestationObject:
      "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
  },
  authentication: {
    challenge: "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000",
    signature:
      "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
  },
} as const satisfies Vector;

/** Section 16.4: None attestation, ES256, crossOrigin. */
const CROSS_ORIGIN_ES256 = {
  credentialId: "6e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57",
  publicKey:
    "a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
  registration: {
    challenge: "3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a224f2d57717a514e5463554a484930437257576e7951504859647862694332674872434d475666704c4f306b222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a207a5a7175457444523944577170573574425754467567227d",
    attestationObject:
      "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
  },
  authentication: {
    challenge: "876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
    signature:
      "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
  },
} as const satisfies Vector;

/** Section 16.5: None attestation, ES256, topOrigin. */
const TOP_ORIGIN_ES256 = {
  credentialId: "b8ad59b996047ab18e2ceb57206c362da57458793481f4a8ebf101c7ca7cc0f1",
  publicKey:
    "a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d22582086c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88",
  registration: {
    challenge: "4e1f4c6198699e33c14f192153f49d7e0e8e3577d5ac416c5f3adc92a41f27e5",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a225468394d595a68706e6a504254786b68555f53646667364f4e58665672454673587a72636b7151664a2d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d227d",
    attestationObject:
      "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5410000000097586fd09799a76401c200455099ef2a0020b8ad59b996047ab18e2ceb57206c362da57458793481f4a8ebf101c7ca7cc0f1a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d22582086c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88",
  },
  authentication: {
    challenge: "d54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22315570636a4b53324b6f34377379486a7372787a68572d466f51465132796b3572426c584f6573656f4759222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d222c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205569466f4a4d56525148444146574669347678557051227d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
    signature:
      "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171",
  },
} as const satisfies Vector;

/** Section 16.7: Packed attestation with certificates, ES256. */
const PACKED_ES256 = {
  credentialId: "c9a6f5b3462d02873fea0c56862234f99f081728084e511bb7760201a89054a5",
  publicKey:
    "a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3887e57f0cc2bece803b920c423",
  registration: {
    challenge: "c1184a5fddf8045e13dc47f54b61f5a656b666b59018f16d870e9256e9952012",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a227752684b58393334424634543345663153324831706c61325a725751475046746877365356756d56494249222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20396138624e596a4b436757724258552d66436c316167227d",
    attestationObject:
      "a363666d74667061636b65646761747453746d74a363616c6726637369675847304502203f19ec4b229f46ab8c45eff29b904ff10c0390dc40bf1216f04a78f4ceba3425022100fe7041a32759aff05a0f9f26c70a999c7a284451ba89234a1d3483c25e21925b637835638159022530820221308201c8a00302010202110088c220f83c8ef1feafe94deae45faad0300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004a91ba4389409dd38a428141940ca8feb1ac0d7b4350558104a3777a49322f3798440f378b3398ab2d3bb7bf91322c92eb23556f59ad0a836fec4c7663b0e4dc3a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414a589ba72d060842ab11f74fb246bdedab16f9b9b301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d040302034700304402201726b9d85ecd8a5ed51163722ca3a20886fd9b242a0aa0453d442116075defd502207ef471e530ac87961a88a7f0d0c17b091ffc6b9238d30f79f635b417be5910e768617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54d00000000876ca4f52071c3e9b25509ef2cdf7ed60020c9a6f5b3462d02873fea0c56862234f99f081728084e511bb7760201a89054a5a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3887e57f0cc2bece803b920c423",
  },
  authentication: {
    challenge: "b1106fa46a57bef1781511c0557dc898a03413d5f0f17d244630c194c7e1adb5",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2273524276704770587676463446524841565833496d4b4130453958773858306b526a44426c4d6668726255222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20415a4d77794d78496244382d756775464e7036723851227d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50d00000000",
    signature:
      "30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163",
  },
} as const satisfies Vector;

/** Section 16.10: Packed attestation with certificates, RS256. */
const PACKED_RS256 = {
  credentialId: "992a18acc83f67533600c1138a4b4c4bd236de13629cf025ed17cb00b00b74df",
  // Its modulus is the product of two Mersenne primes.
  publicKey: `a4010303390100205901b4${((2n ** 2203n - 1n) * (2n ** 1279n - 1n)).toString(16).padStart(872, "0")}2143010001`,
  authentication: {
    challenge: "295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224b56395a39667150356978617970346e596d7834794e6f33617562597a5333536d75757459423462784d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    signature:
      "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6",
  },
} as const satisfies Vector;

/** Section 16.11: Packed attestation with certificates, Ed25519. */
const PACKED_ED25519 = {
  credentialId: "ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bd",
  publicKey: "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
  authentication: {
    challenge: "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
    signature:
      "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b",
  },
} as const satisfies Vector;

/** Section 16.13: TPM attestation, ES256. */
const TPM_ES256 = {
  credentialId: "ec27bec7521c894bbb821105ea3724c90e770cf1fa354157ef18d0f18f78bea9",
  publicKey:
    "a501020326200121582041202698c9d9753fb4bb3f27cd09fe6b8afdb76438ee2ae54d7c9dade10d864b225820d8735115cdb330a63ea1d6e43d5000f4bd56f99bce83ee1d73301fc270116d07",
  authentication: {
    challenge: "00093b66c21d5b5e89f7a07082118907ea3e502d343b314b8c5a54d62db202fb",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2241416b375a7349645731364a393642776768474a422d6f2d554330304f7a464c6a46705531693279417673222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50d00000000",
    signature:
      "3045022060dc76b1607ec716c6e5eba8d056695ed6bc47b2e3d7a729c34e759e3ab66aa0022100d010a9e8fddcb64c439dfdca628ddb33cf245d567d157d9f66f942601bed9b38",
  },
} as const satisfies Vector;

/** Section 16.16: FIDO U2F attestation, ES256. */
const U2F_ES256 = {
  credentialId: "a4ba6e2d2cfec43648d7d25c5ed5659bc18f2b781538527ebd492de03256bdf4",
  publicKey:
    "a5010203262001215820b0d62de6b30f86f0bac7a9016951391c2e31849e2e64661cbd2b13cd7d5508ad225820503b0bda2a357a9a4b34475a28e65b660b4898a9e3e9bbf0820d43494297edd0",
  registration: {
    challenge: "e074372990b9caa507a227dfc67b003780c45325380d1a90c20f81ed7d080c06",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22344851334b5a4335797155486f696666786e73414e344445557955344452715177672d4237583049444159222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    attestationObject:
      "a363666d74686669646f2d7532666761747453746d74a26373696758473045022100f41887a20063bb26867cb9751978accea5b81791a68f4f4dd6ea1fb6a5c086c302204e5e00aa3895777e6608f1f375f95450045da3da57a0e4fd451df35a31d2d98a637835638159022530820221308201c7a003020102021004f66dc6542ea7719dea416d325a2401300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d0301070342000456fffa7093dede46aefeefb6e520c7ccc78967636e2f92582ba71455f64e93932dff3be4e0d4ef68e3e3b73aa087e26a0a0a30b02dc2aa2309db4c3a2fc936dea360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414420822eb1908b5cd3911017fbcad4641c05e05a3301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d040302034800304502200d0b777f0a0b181ad2830275acc3150fd6092430bcd034fd77beb7bdf8c2d546022100d4864edd95daa3927080855df199f1717299b24a5eecefbd017455a9b934d8f668617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54100000000afb3c2efc054df425013d5c88e79c3c10020a4ba6e2d2cfec43648d7d25c5ed5659bc18f2b781538527ebd492de03256bdf4a5010203262001215820b0d62de6b30f86f0bac7a9016951391c2e31849e2e64661cbd2b13cd7d5508ad225820503b0bda2a357a9a4b34475a28e65b660b4898a9e3e9bbf0820d43494297edd0",
  },
  authentication: {
    challenge: "f90c612981d84f599438de1a500f76926e92cc84bef8e02c6e23553f00485435",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a222d5178684b59485954316d554f4e3461554139326b6d36537a49532d2d4f417362694e5650774249564455222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
    signature:
      "304402206172459958fea907b7292b92f555034bfd884895f287a76200c1ba287239137002204727b166147e26a21bbc2921d192ebfed569b79438538e5c128b5e28e6926dd7",
  },
} as const satisfies Vector;

/** The key of section 16.8, ES384. */
const ES384_KEY =
  "a5010203382220022158304866bd8b01da789e9eb806e5eab05ae5a638542296ab057a2f1bbce9b58f8a08b9171390b58a37ac7fffc2c5f45857da2258302a0b024c7f4b72072a1f96bd30a7261aae9571dd39870eb29e55c0941c6b08e89629a1ea1216aa64ce57c2807bf3901a";

type Encodable = Parameters<typeof isoCBOR.encode>[0];

const base64url = (hex: string): string => Buffer.from(hex, "hex").toString("base64url");

const parsed = <Response>(response: Response | null): Response => {
  if (!response) throw new Error("The vector does not have the form that clients send.");
  return response;
};

const described = ({ credentialId }: Pick<Vector, "credentialId">) =>
  ({ id: base64url(credentialId), rawId: base64url(credentialId), type: "public-key" }) as const;

const register = async (vector: Vector) => {
  if (!vector.registration) throw new Error("This vector is quoted without its registration.");
  const { challenge, clientDataJSON, attestationObject } = vector.registration;
  const response: RegistrationResponse = parsed(
    parseRegistration({
      ...described(vector),
      response: { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject) },
    }),
  );
  return verifyRegistration({ response, challenge: base64url(challenge), relyingParty: RELYING_PARTY });
};

/** Registers section 16.3's data with another key and without attestation, because then nothing is signed. */
const registerKey = (key: string) => {
  const { publicKey, registration } = SELF_ES256;
  const [, authData = ""] = registration.attestationObject.split("68617574684461746158a4");
  const attestation = new Map<string, Encodable>([
    ["fmt", "none"],
    ["attStmt", new Map()],
    ["authData", Uint8Array.from(Buffer.from(authData.replace(publicKey, key), "hex"))],
  ]);
  const attestationObject = Buffer.from(isoCBOR.encode(attestation)).toString("hex");
  return register({ ...SELF_ES256, registration: { ...registration, attestationObject } });
};

const authenticate = async (vector: Vector) => {
  const { challenge, clientDataJSON, authenticatorData, signature } = vector.authentication;
  const response: AssertionResponse = parsed(
    parseAssertion({
      ...described(vector),
      response: {
        clientDataJSON: base64url(clientDataJSON),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(signature),
      },
    }),
  );
  const credential = {
    credentialId: Buffer.from(vector.credentialId, "hex"),
    publicKey: Buffer.from(vector.publicKey, "hex"),
    counter: 0,
  };
  return verifyAssertion({ response, challenge: base64url(challenge), relyingParty: RELYING_PARTY, credential });
};

describe("the W3C vectors of registrations", () => {
  it("verify: self attestation, ES256", async () => {
    const { credentialId, publicKey } = SELF_ES256;
    expect(await register(SELF_ES256)).toEqual({
      credentialId: Buffer.from(credentialId, "hex"),
      publicKey: Buffer.from(publicKey, "hex"),
      counter: 0,
      backedUp: true,
    });
  });

  it.each<[string, Vector, string]>([
    ["none, ES256: its user was not verified", NONE_ES256, "User verification was required"],
    ["none, ES256, in a frame of another origin", CROSS_ORIGIN_ES256, "a frame of another origin"],
    ["none, ES256, in a frame of a named page", TOP_ORIGIN_ES256, "a frame of another origin"],
    ["packed, ES256, with certificates that were not requested", PACKED_ES256, "an attestation that was not asked for"],
    ["FIDO U2F, ES256", U2F_ES256, "an attestation that was not asked for"],
  ])("are refused: %s", async (_, vector, reason) => {
    await expect(register(vector)).rejects.toThrow(reason);
  });

  it("are refused if one bit of the attested data is changed", async () => {
    const { registration } = SELF_ES256;
    const attestationObject = registration.attestationObject.replace("df850e09", "df850e08");
    await expect(register({ ...SELF_ES256, registration: { ...registration, attestationObject } })).rejects.toThrow(
      "The attestation's signature is wrong.",
    );
  });
});

describe("a registration", () => {
  it("without attestation verifies, and its key is stored unchanged", async () => {
    expect((await registerKey(U2F_ES256.publicKey)).publicKey.toString("hex")).toBe(U2F_ES256.publicKey);
  });

  it("of an invalid key is refused: a point that is not on the curve", async () => {
    await expect(registerKey(U2F_ES256.publicKey.replace(/.$/, "1"))).rejects.toThrow("Invalid keyData");
  });

  it("of a key whose algorithm is not offered is refused: ES384", async () => {
    await expect(registerKey(ES384_KEY)).rejects.toThrow("Unexpected public key alg");
  });
});

describe("the W3C vectors of assertions", () => {
  it.each<[string, Vector]>([
    ["ES256, registered with certificates", PACKED_ES256],
    ["ES256, registered with a TPM's certificates", TPM_ES256],
  ])("verify: %s", async (_, vector) => {
    expect(await authenticate(vector)).toMatchObject({ counter: 0 });
  });

  it.each<[string, Vector, string]>([
    ["ES256: its user was not verified", NONE_ES256, "User verification required"],
    ["ES256, self attestation: its user was not verified", SELF_ES256, "User verification required"],
    ["ES256, in a frame of another origin", CROSS_ORIGIN_ES256, "a frame of another origin"],
    ["ES256, in a frame of a named page", TOP_ORIGIN_ES256, "a frame of another origin"],
    ["RS256: its user was not verified", PACKED_RS256, "User verification required"],
    ["Ed25519: its user was not verified", PACKED_ED25519, "User verification required"],
    ["ES256 of FIDO U2F: its user was not verified", U2F_ES256, "User verification required"],
  ])("are refused: %s", async (_, vector, reason) => {
    await expect(authenticate(vector)).rejects.toThrow(reason);
  });

  it.each<[string, Vector]>([
    ["ES256", NONE_ES256],
    ["ES256, self attestation", SELF_ES256],
    ["RS256", PACKED_RS256],
    ["Ed25519", PACKED_ED25519],
    ["ES256 of FIDO U2F", U2F_ES256],
  ])("have valid signatures also if the user was not verified: %s", async (_, { publicKey, authentication }) => {
    const { authenticatorData, clientDataJSON, signature } = authentication;
    const hash = createHash("sha256").update(Buffer.from(clientDataJSON, "hex")).digest();
    const right = await verifySignature({
      signature: Uint8Array.from(Buffer.from(signature, "hex")),
      data: Uint8Array.from(Buffer.concat([Buffer.from(authenticatorData, "hex"), hash])),
      credentialPublicKey: Uint8Array.from(Buffer.from(publicKey, "hex")),
    });
    expect(right).toBe(true);
  });

  it("are refused if one bit of the signed data is changed", async () => {
    const { authentication } = PACKED_ES256;
    const authenticatorData = authentication.authenticatorData.replace(/0d00000000$/, "0d00000001");
    await expect(
      authenticate({ ...PACKED_ES256, authentication: { ...authentication, authenticatorData } }),
    ).rejects.toThrow("The signature is wrong.");
  });

  it("are refused for another challenge", async () => {
    const { authentication } = PACKED_ES256;
    const challenge = NONE_ES256.authentication.challenge;
    await expect(authenticate({ ...PACKED_ES256, authentication: { ...authentication, challenge } })).rejects.toThrow(
      "challenge",
    );
  });
});

/** COSE keys (RFC 9053, RFC 8230), and how their authenticators sign. */
const ALGORITHMS: readonly [string, () => { privateKey: KeyObject; cose: Map<number, number | Uint8Array> }][] = [
  [
    "EdDSA",
    () => {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      return { privateKey, cose: new Map<number, number | Uint8Array>([[1, 1], [3, -8], [-1, 6], [-2, part(publicKey, "x")]]) };
    },
  ],
  [
    "ES256",
    () => {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return {
        privateKey,
        cose: new Map<number, number | Uint8Array>([[1, 2], [3, -7], [-1, 1], [-2, part(publicKey, "x")], [-3, part(publicKey, "y")]]),
      };
    },
  ],
  [
    "RS256",
    () => {
      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      return { privateKey, cose: new Map<number, number | Uint8Array>([[1, 3], [3, -257], [-1, part(publicKey, "n")], [-2, part(publicKey, "e")]]) };
    },
  ],
]; // biome-ignore format: one list

const part = (key: KeyObject, name: "x" | "y" | "n" | "e"): Uint8Array =>
  Uint8Array.from(Buffer.from(key.export({ format: "jwk" })[name] ?? "", "base64url"));

describe("every supported algorithm", () => {
  it.each(ALGORITHMS)("can be registered and signs logins: %s", async (_, generate) => {
    const { privateKey, cose } = generate();
    const publicKey = Buffer.from(isoCBOR.encode(cose));
    expect((await registerKey(publicKey.toString("hex"))).publicKey).toEqual(publicKey);

    const challenge = base64url("00".repeat(48));
    const clientData = Buffer.from(JSON.stringify({ type: "webauthn.get", challenge, origin: "https://example.org" }));
    const rpIdHash = createHash("sha256").update("example.org").digest();
    const authenticatorData = Buffer.concat([rpIdHash, Buffer.of(0x05, 0, 0, 0, 7)]);
    const signed = Buffer.concat([authenticatorData, createHash("sha256").update(clientData).digest()]);
    const signature = sign(privateKey.asymmetricKeyType === "ed25519" ? null : "sha256", signed, privateKey);
    const credential = { credentialId: Buffer.of(1), publicKey, counter: 6 };
    const response = parsed(
      parseAssertion({
        ...described({ credentialId: "01" }),
        response: {
          clientDataJSON: clientData.toString("base64url"),
          authenticatorData: authenticatorData.toString("base64url"),
          signature: signature.toString("base64url"),
        },
      }),
    );
    const given = { response, challenge, relyingParty: RELYING_PARTY };
    expect(await verifyAssertion({ ...given, credential })).toEqual({ counter: 7, backedUp: false });
    await expect(verifyAssertion({ ...given, credential: { ...credential, counter: 7 } })).rejects.toThrow("counter");
  });
});
