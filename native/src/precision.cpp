#include "precision.h"
#include "error.h"
#include "kernels/panel_choice.h"
#include <map>

const narrow_panels * panels_for(const asked_precision & asked, const std::vector<const narrow_panels *> & available) {
    if (asked.type == "f32") return nullptr;
    if (asked.type == "auto") {
        static std::map<std::vector<const narrow_panels *>, const narrow_panels *> measured; // once a process: the runs of a series compute alike
        const auto known = measured.find(available);
        return known != measured.end() ? known->second : (measured[available] = choose_panels(current_cpu_kernels(), available));
    }
    const std::string what = "--precision " + asked.type + (asked.is_begun ? ", which the run was begun with" : "");
    const std::string fix = asked.is_begun ? "go on where the run was begun, or start a new run" : "use --precision f32, or auto";
    for (const narrow_panels * panels : available) {
        if (precision_of(panels) != asked.type) continue;
        if (!gives_right_answers(*panels)) throw user_error(exit_memory, what + ": a test product comes out wrong", "this processor", fix);
        return panels;
    }
    throw user_error(exit_memory, what + ": the instructions are missing (" + (asked.type == "bf16" ? "AVX512-BF16" : "AVX512-FP16") + ")", "this processor", fix);
}

std::string precision_of(const narrow_panels * panels) { return panels ? panels->name : "f32"; }
