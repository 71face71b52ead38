/* What a file is that no format here reads, as far as its first bytes tell: for the message, and what to do. */
#include "formats/format.h"

#include <string.h>
#include <strings.h>

typedef struct sign {
	uint16_t at;
	uint16_t size;
	const char *magic;
	const char *text;
} sign;

#define SIGN(at, magic, text) { at, sizeof magic - 1, magic, text }

#define PICKLE(magic) SIGN(0, magic, "a Python pickle, which may run code when loaded: save its tensors as safetensors")

static const sign signs[] = {
	SIGN(0, "version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with git lfs pull"),
	SIGN(0, "tjgg", "a GGJT file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over"),
	SIGN(0, "lmgg", "a GGML file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over"),
	SIGN(0, "fmgg", "a GGMF file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over"),
	SIGN(0, "FUGG", "GGUF with its magic reversed, which no specification allows"),
	SIGN(0, "PK\003\004", "a zip archive (a PyTorch checkpoint, .npz or .keras is one): save its tensors as safetensors"),
	SIGN(0, "PK\005\006", "an empty zip archive"),
	PICKLE("\x80\002"),
	PICKLE("\x80\003"),
	PICKLE("\x80\004"),
	PICKLE("\x80\005"),
	PICKLE("c__builtin__"),
	PICKLE("ccopy_reg"),
	PICKLE("cposix\n"),
	PICKLE("(dp"),
	PICKLE("(lp"),
	SIGN(0, "\x89HDF\r\n", "HDF5 (Keras .h5): save its tensors as safetensors"),
	SIGN(0, "\x93NUMPY", "a NumPy array: save it as safetensors"),
	SIGN(4, "TFL3", "a TensorFlow Lite model"),
	SIGN(0, "\037\213", "something packed by gzip: unpack it first (zstd is read as it is)"),
	SIGN(0, "\375" "7zXZ", "something packed by xz: unpack it first (zstd is read as it is)"),
	SIGN(0, "BZh", "something packed by bzip2: unpack it first (zstd is read as it is)"),
	SIGN(0, "7z\274\257\047\034", "a 7-Zip archive: unpack it first"),
	SIGN(257, "ustar", "a tar archive: unpack it first"),
	SIGN(0, "\x89PNG", "a PNG picture"),
	SIGN(0, "\177ELF", "a program (ELF)"),
	SIGN(0, "MZ", "a program (Windows)"),
	SIGN(0, "%PDF", "a PDF document"),
	SIGN(0, "<?xml", "XML (an OpenVINO model's graph, perhaps)"),
	SIGN(0, "#!", "a script"),
};

static bool is_zero(const uint8_t *head, size_t size)
{
	while (size && !head[size - 1])
		size--;
	return !size;
}

static bool is_html(const char *text, size_t size)
{
	static const char *const tags[] = { "<!doctype html", "<html", "<head", "<script", "<body" };
	size_t i;

	for (i = 0; i < sizeof tags / sizeof *tags; i++)
		if (size >= strlen(tags[i]) && !strncasecmp(text, tags[i], strlen(tags[i])))
			return true;
	return false;
}

static const char *text_alike(const uint8_t *head, size_t size)
{
	while (size && strchr(" \t\r\n", *head) && *head)
		head++, size--;
	if (is_html((const char *)head, size))
		return "a web page, not the model: the download gave an error or asked for a login";
	if (size > 1 && (*head == '{' || *head == '[') && head[1] && strchr("\"{[}] \t\r\n", head[1]))
		return "JSON text; an index of safetensors shards is read when its name ends in .json and it has a weight_map";
	return NULL;
}

const char *tare_format_look_alike(const uint8_t *head, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof signs / sizeof *signs; i++)
		if (size >= (size_t)signs[i].at + signs[i].size && !memcmp(head + signs[i].at, signs[i].magic, signs[i].size))
			return signs[i].text;
	if (is_zero(head, size))
		return "nothing but zeros: a download that never got its contents, perhaps";
	return text_alike(head, size);
}
