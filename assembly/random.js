"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.random_tiles = random_tiles;
exports.random_bits = random_bits;
exports.random_uniform = random_uniform;
exports.random_normal = random_normal;
exports.random_mask = random_mask;
function random_tiles(i) { return 1; }
function random_bits(i, tile, lane) { }
function random_uniform(i, tile, lane) { }
function random_normal(i, tile, lane) { }
function random_mask(i, tile, lane) { }
