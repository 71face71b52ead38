# shellcheck disable=SC2154 # helper and bats set them
load helper

@test "GGUF to safetensors and back: the same bytes" {
	tare-convert m.gguf -o m.safetensors
	tare-convert m.safetensors -o back.gguf
	cmp m.gguf back.gguf
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	tare-convert q.gguf -o q.safetensors
	tare-convert q.safetensors -o back-q.gguf
	cmp q.gguf back-q.gguf
	tare-convert back-q.gguf --to safetensors -o - | cmp - q.safetensors
}

@test "every good GGUF fixture is written again as it was, or refused with a reason" {
	for f in "$build"/fixtures/gguf/good-*.bin; do
		run --separate-stderr tare-convert -q "$f" -o x.gguf
		[ "$status" -eq 0 ] || { one_line "$stderr" && [ ! -e x.gguf ]; }
		[ "$status" -ne 0 ] || tare-inspect -q x.gguf
		rm -f x.gguf
	done
}

@test "split and merged: the same bytes" {
	for how in "--split-size 300K" "--split-count 13"; do
		# shellcheck disable=SC2086
		tare-convert $how m.gguf -o s.gguf
		last=$(ls s-*.gguf | tail -n 1)
		[ "$(ls s-*.gguf | wc -l)" -ge 3 ]
		tare-convert "$last" -o whole.gguf
		tare-inspect --json --hash m.gguf whole.gguf | jq -r .content_sha256 | uniq | wc -l | grep -qx 1
		rm s-*.gguf whole.gguf
	done
	tare-convert --split-size 300K --to safetensors m.gguf -o s.safetensors
	[ -e s.safetensors.index.json ]
	tare-convert s.safetensors.index.json -o whole.gguf
	cmp m.gguf whole.gguf
}

@test "a missing shard is named" {
	tare-convert --split-count 20 m.gguf -o s.gguf
	rm s-00002-of-00003.gguf
	run -2 --separate-stderr tare-inspect s-00001-of-00003.gguf
	[[ $stderr == *00002-of-00003* ]]
}

@test "byte order there and back" {
	tare-convert --endian big m.gguf -o big.gguf
	run -0 tare-inspect big.gguf
	[[ $output == *big-endian* ]]
	! cmp -s m.gguf big.gguf
	tare-convert --endian keep big.gguf -o big2.gguf
	cmp big.gguf big2.gguf
	tare-convert --endian little big.gguf -o little.gguf
	cmp m.gguf little.gguf
}

@test "quantized tensors decoded" {
	tare-requantize -q -t Q6_K m.gguf -o q.gguf
	tare-convert --type f16 q.gguf -o f.gguf
	[ "$(tare-inspect --json f.gguf | jq -r '.tensors[].type' | sort -u | tr '\n' ' ')" = "f16 f32 " ]
	tare-convert --type f32 q.gguf -o f.safetensors
	[ "$(tare-inspect --json f.safetensors | jq -r '.tensors[] | select(.name == "output.weight").type')" = f32 ]
	run -2 --separate-stderr tare-convert --type q4_0 q.gguf -o x.gguf
	[[ $stderr == *f16* ]]
}

@test "only some tensors" {
	tare-convert --select 'blk.1.*' --exclude '*norm*' m.gguf -o some.gguf
	[ "$(tare-inspect --json some.gguf | jq '.tensors | length')" -eq 7 ]
	run -1 tare-convert --select nothing m.gguf -o x.gguf
	[ ! -e x.gguf ]
	tare-convert --select 'blk.{0,1}.attn_q.weight' m.gguf -o two.gguf
	[ "$(tare-inspect --json two.gguf | jq '.tensors | length')" -eq 2 ]
	run -2 --separate-stderr tare-convert --exclude '{a' m.gguf -o x.gguf
	[[ $stderr == "tare-convert: --exclude: "*"'{' without '}'"* ]]
	run -0 --separate-stderr tare-convert --type f16 --dry-run --select 'blk.0.*' m.gguf
	[[ $output == *"--select --type"* ]] # not lines of a recipe that nobody wrote
}

@test "what is there already stays without -f" {
	echo old >x.gguf
	run -2 --separate-stderr tare-convert m.gguf -o x.gguf
	[[ $stderr == *x.gguf*-f* ]]
	[ "$(cat x.gguf)" = old ]
	run -0 tare-convert -f m.gguf -o x.gguf
	cmp m.gguf x.gguf
	tare-convert --split-count 20 m.gguf -o y.gguf
	run -2 tare-convert --split-count 20 m.gguf -o y.gguf
}

@test "source and target may be the same file" {
	cp m.gguf orig.gguf
	tare-convert -f --endian big m.gguf -o m.gguf
	tare-convert -f --endian little m.gguf -o m.gguf
	cmp m.gguf orig.gguf
	tare-requantize -q -f -t Q4_K_M m.gguf -o m.gguf
	tare-requantize -q -t Q4_K_M orig.gguf -o want.gguf
	cmp m.gguf want.gguf
	ln -s orig.gguf link.gguf
	tare-convert -f --endian big link.gguf -o link.gguf
	run -0 tare-inspect link.gguf
	[[ $output == *big-endian* ]]
}

@test "targets that cannot be" {
	mkdir folder
	run -2 --separate-stderr tare-convert m.gguf -o folder
	[[ $stderr == *folder* ]]
	run -2 --separate-stderr tare-convert m.gguf -o nowhere/x.gguf
	[[ $stderr == *nowhere* ]]
	if [ "$(id -u)" -ne 0 ]; then
		chmod 555 folder
		run -2 tare-convert m.gguf -o folder/x.gguf
		chmod 755 folder
	fi
	run -2 --separate-stderr tare-convert m.gguf -o /dev/full
	run -2 --separate-stderr tare-convert --to nonsense m.gguf -o x.gguf
	[[ $stderr == *gguf* && $stderr == *safetensors* ]]
	[ "$(ls -A | tr '\n' ' ')" = "folder m.gguf " ]
}

@test "permissions are those of a new file, or of the one replaced" {
	umask 027
	tare-convert m.gguf -o x.gguf
	[ "$(stat -c %a x.gguf)" = 640 ]
	chmod 604 x.gguf
	tare-convert -f m.gguf -o x.gguf
	[ "$(stat -c %a x.gguf)" = 604 ]
}

@test "packing does not change what is packed" {
	tare-convert m.gguf -o m.gguf.zst
	zstd -dqc m.gguf.zst | cmp - m.gguf
	tare-convert --zstd m.gguf -o packed
	zstd -dqc <packed | cmp - m.gguf
	tare-convert m.gguf.zst -o plain.gguf
	cmp plain.gguf m.gguf
	head -c 20000 m.gguf.zst >cut.zst
	run -2 --separate-stderr tare-convert cut.zst -o x.gguf
	[ ! -e x.gguf ]
}

@test "a dry run writes nothing" {
	run -0 tare-convert -n m.gguf -o x.safetensors
	[[ $output == *safetensors* ]]
	[ ! -e x.safetensors ]
	run -0 tare-convert -n --json --split-size 300K m.gguf -o x.gguf
	[ "$(jq '.files | length' <<<"$output")" -ge 4 ]
}

@test "bytes behind the last tensor of a pipe are noticed before anything is in place" {
	tare-convert m.gguf -o m.safetensors
	size=$(stat -c %s m.safetensors)
	printf x | cat m.safetensors - >long.safetensors
	run -2 --separate-stderr tare-convert long.safetensors -o x.gguf
	run -2 --separate-stderr bash -c 'cat long.safetensors | tare-convert -q - -o x.gguf'
	[[ $stderr == "tare-convert: standard input: 1 bytes follow the last tensor: expected the end of the file (byte $size)" ]]
	[ ! -e x.gguf ]
	run -2 --separate-stderr bash -c 'cat long.safetensors | tare-inspect --hash -'
	[[ $stderr == *"1 bytes follow the last tensor"* ]]
	run -2 --separate-stderr bash -c 'zstd -qc long.safetensors | tare-requantize -q -t Q4_K_M - -o x.gguf' # in another order: spooled
	[[ $stderr == *"1 bytes follow the last tensor"* ]]
	[ ! -e x.gguf ]
	run -0 bash -c 'cat m.safetensors | tare-convert -q - -o x.gguf'
	cmp x.gguf m.gguf
}

@test "a set that replaces a set replaces all of it" {
	tare-convert --split-count 20 m.gguf -o s.gguf
	tare-requantize -q -f -t Q4_K_M --split-count 20 m.gguf -o s.gguf
	[ "$(ls -A | tr '\n' ' ')" = "m.gguf s-00001-of-00003.gguf s-00002-of-00003.gguf s-00003-of-00003.gguf " ]
	tare-requantize -q -t Q4_K_M m.gguf -o q.gguf
	tare-convert s-00001-of-00003.gguf -o one.gguf
	cmp one.gguf q.gguf
}
