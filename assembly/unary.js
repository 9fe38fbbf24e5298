"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.unary_tiles = unary_tiles;
exports.where = where;
exports.neg = neg;
exports.abs = abs;
exports.sign = sign;
exports.square = square;
exports.sqrt = sqrt;
exports.reciprocal = reciprocal;
exports.exp = exp;
exports.log = log;
function unary_tiles(i) { return 1; }
function where(i, tile, lane) { }
function neg(i, tile, lane) { }
function abs(i, tile, lane) { }
function sign(i, tile, lane) { }
function square(i, tile, lane) { }
function sqrt(i, tile, lane) { }
function reciprocal(i, tile, lane) { }
function exp(i, tile, lane) { }
function log(i, tile, lane) { }
