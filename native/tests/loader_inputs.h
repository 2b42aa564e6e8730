// Right files of every kind that the program reads, as small as can be, and the readers themselves.
#pragma once
#include "checkpoint.h"
#include "config.h"
#include "digest.h"
#include "error.h"
#include "instruction_file.h"
#include "optimizer.h"
#include "tiny_model.h"
#include "training_config.h"

class loader_inputs {
  public:
    loader_inputs() : model_(write_small_model("llama")), file_(model_), loaded_(load_model(file_)), cpu_(1),
                      lora_(plain_adapter(cpu_, loaded_, {"attn_q", "ffn_down"}, 2, 4, 1)), optimizer_(*lora_, {}) {
        lora_->save(folder_.path + "/adapter", "llama");
        save_checkpoint(folder_.path, *lora_, optimizer_, 2, {{0.5, 0.25}, 2, 2, 0.75, 0}, FINGERPRINT, "f32");
    }

    std::vector<std::string> models() {
        std::vector<std::string> files;
        for (const char * family : {"llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3"}) files.push_back(bytes_of(write_small_model(family)));
        return files;
    }
    std::string adapter() const { return bytes_of(folder_.path + "/adapter"); }
    std::string checkpoint() const { return bytes_of(folder_.path + "/step-2.gguf"); }
    std::vector<std::string> instructions() const {
        return {instruction_line(0, true, "Seen: a, b. Next \xc3\xa9?", {{6, 8}, {8, 10}}) + instruction_line(1, false, "x") +
                R"({"row":7,"user":"u","item":"i","label":null,"prompt":"Seen a","answer":"","values":[[0,4],[5,6]],"history":[[5,6]],"weight":0.5})" "\n"
                R"({"row":8,"user":"u","item":"i","label":null,"prompt":"Rate it","answer":"2","values":[],"history":[],"labels":["1","2","3"]})" "\n"
                R"({"row":9,"user":"u","item":"i","label":null,"prompt":"Next","answer":"Up","values":[],"history":[],"choices":["Heat","Up"]})" "\n"};
    }
    std::vector<std::string> configs() const {
        const json train = whole_training_config();
        const json score = {{"protocol", PROTOCOL}, {"model", "m"}, {"adapter", nullptr}, {"merged", nullptr}, {"device", "cpu"}, {"precision", "f32"}, {"data", "d"}, {"labels", {"Yes.", "No."}}, {"maxLength", 0}, {"sharePrefixes", true},
                            {"batchSize", nullptr}, {"skip", {1, 2}}, {"threads", 1}};
        const json merge = {{"protocol", PROTOCOL}, {"model", "m"}, {"adapter", "a"}, {"output", "o"}, {"type", "f32"}, {"threads", 1}};
        const json init = {{"protocol", PROTOCOL}, {"output", "o"}, {"architecture", "llama"}, {"seed", 1}, {"blocks", 1}, {"width", 8}, {"feedForward", 8}, {"heads", 2},
                           {"headsKv", 1}, {"headWidth", 4}, {"contextLength", 8}, {"ropeBase", 1e4}, {"rmsEpsilon", 1e-5},
                           {"tokens", json::array({{{"text", "a"}, {"score", 0}, {"kind", "normal"}}})}, {"bos", 0}, {"eos", 0}};
        return {train.dump(), score.dump(), merge.dump(), init.dump(), json({{"protocol", PROTOCOL}, {"threads", 2}}).dump()};
    }

    // With the digest that a checkpoint ends in, so that a reader looks inside; or as it is.
    std::string sealed(std::string bytes, bool has_digest) const {
        const size_t seal = bytes.rfind(MARK);
        if (!has_digest) return bytes;
        if (seal != std::string::npos) bytes.resize(seal);
        digest content;
        content.add(bytes.data(), bytes.size());
        return bytes + MARK + content.hexadecimal();
    }

    // Each reads the whole of what it loads.
    void read_model(const std::string & path) {
        const gguf_file file(path);
        const base_model model = load_model(file);
        for (const ggml_tensor * tensor : file.tensors()) as_floats(tensor);
        for (const std::string & target : target_names()) find_layer(model, 0, target);
    }
    void read_adapter(const std::string & path) {
        backend cpu(1); // its buffers live as long as itself
        adapter::load(cpu, loaded_, path);
    }
    void read_checkpoint(const std::string & path) { // <folder>/step-2.gguf
        restore_adapter(std::filesystem::path(path).parent_path().string(), 2, *lora_, FINGERPRINT);
    }

  private:
    static constexpr const char * MARK = "\nrectune-digest ";
    static constexpr const char * FINGERPRINT = "settings";

    // One block and few tokens: nearly all bytes are header.
    std::string write_small_model(const std::string & family) {
        init_config config = tiny_config(folder_.path, family, 5);
        config.n_block = family == "gemma3" || family == "smollm3" ? 2 : 1;
        config.n_embd = 8;
        config.n_ff = 4;
        config.n_head = 2;
        config.n_head_kv = 1;
        config.head_dim = 4;
        config.tokens.resize(6);
        write_random_model(config);
        return config.output;
    }

    temporary_folder folder_;
    std::string model_;
    gguf_file file_;
    base_model loaded_;
    backend cpu_;
    std::unique_ptr<class adapter> lora_;
    adamw optimizer_;
};
