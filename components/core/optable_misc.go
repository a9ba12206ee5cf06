package core

// miscOps are the opcodes after the prefix 0xfc.
var miscOps = [23]opInfo{
	0x00: {name: "i32.trunc_sat_f32_s", class: classPlain, sig: sigFToI},
	0x01: {name: "i32.trunc_sat_f32_u", class: classPlain, sig: sigFToI},
	0x02: {name: "i32.trunc_sat_f64_s", class: classPlain, sig: sigDToI},
	0x03: {name: "i32.trunc_sat_f64_u", class: classPlain, sig: sigDToI},
	0x04: {name: "i64.trunc_sat_f32_s", class: classPlain, sig: sigFToL},
	0x05: {name: "i64.trunc_sat_f32_u", class: classPlain, sig: sigFToL},
	0x06: {name: "i64.trunc_sat_f64_s", class: classPlain, sig: sigDToL},
	0x07: {name: "i64.trunc_sat_f64_u", class: classPlain, sig: sigDToL},
	0x08: {name: "memory.init", class: classSpecial, imm: immDataMemory},
	0x09: {name: "data.drop", class: classSpecial, imm: immIndex},
	0x0a: {name: "memory.copy", class: classPlain, imm: immMemory2, sig: sigIIITo},
	0x0b: {name: "memory.fill", class: classPlain, imm: immMemory, sig: sigIIITo},
	0x0c: {name: "table.init", class: classSpecial, imm: immIndex2},
	0x0d: {name: "elem.drop", class: classSpecial, imm: immIndex},
	0x0e: {name: "table.copy", class: classSpecial, imm: immIndex2},
	0x0f: {name: "table.grow", class: classSpecial, imm: immIndex},
	0x10: {name: "table.size", class: classSpecial, imm: immIndex},
	0x11: {name: "table.fill", class: classSpecial, imm: immIndex},
	0x12: {name: "memory.discard", class: classUnsupported, feature: memoryControl},
	0x13: {name: "i64.add128", class: classUnsupported, feature: wideArithmetic},
	0x14: {name: "i64.sub128", class: classUnsupported, feature: wideArithmetic},
	0x15: {name: "i64.mul_wide_s", class: classUnsupported, feature: wideArithmetic},
	0x16: {name: "i64.mul_wide_u", class: classUnsupported, feature: wideArithmetic},
}
