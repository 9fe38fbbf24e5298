"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.movement_tiles = movement_tiles;
exports.fill = fill;
exports.copy = copy;
exports.strided_copy = strided_copy;
exports.cast_f32 = cast_f32;
exports.store_scalar = store_scalar;
function movement_tiles(i) { return 1; }
function fill(i, tile, lane) { }
function copy(i, tile, lane) { }
function strided_copy(i, tile, lane) { }
function cast_f32(i, tile, lane) { }
function store_scalar(i, tile, lane) { }
