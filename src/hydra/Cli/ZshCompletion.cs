using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes what "hydra completion zsh" prints: a function for a directory of $fpath, which may be sourced as well.</summary>
internal static class ZshCompletion
{
    /// <summary>The script.</summary>
    /// <param name="commands">The words that are commands of their own.</param>
    public static string Create(IReadOnlyList<CommandShape> commands)
    {
        var text = new StringBuilder();
        text.Append(
            """
            #compdef hydra
            # Completion of hydra for zsh: in a directory of $fpath with the name _hydra, or  source <(hydra completion zsh)
            _hydra() {
                local state

            """);
        text.Append("    case $words[2] in\n");
        foreach (CommandShape command in commands)
        {
            text.Append($"    {command.Name})\n");
            Arguments(text, command.Options, command.Words.Count > 0 ? "'2: :->words' '3: :->values'" : "'1: :->command' '*: :_files'");
            if (command.Words.Count > 0)
            {
                Words(text, command);
            }

            text.Append("        ;;\n");
        }

        text.Append("    *)\n");
        Arguments(text, OptionTable.All, "'1: :->first' '*: :_files'");
        string first = string.Join(' ', commands.Select(static command => Quote($"{command.Name}:{CompletedValue.Summary(command.Help)}")));
        text.Append($"        if [[ $state == first ]]; then\n            local -a first=({first})\n            _describe command first\n        fi\n        ;;\n");
        text.Append(
            """
                esac
            }
            if [[ $funcstack[1] == _hydra ]]; then
                _hydra "$@"
            else
                compdef _hydra hydra
            fi

            """);
        return text.ToString();
    }

    private static void Arguments(StringBuilder text, IReadOnlyList<Option> options, string positions)
    {
        text.Append("        _arguments -s \\\n");
        foreach (Option option in options)
        {
            foreach (string spelling in Spellings(option))
            {
                text.Append($"            {Quote(spelling)} \\\n");
            }
        }

        text.Append($"            {positions}\n");
    }

    // 'exclusions' are left out: of an option that is said twice the last counts.
    private static IEnumerable<string> Spellings(Option option)
    {
        string help = $"[{CompletedValue.Summary(option.Help).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)}]";
        string often = option.Repeatable ? "*" : "";
        string value = option.Placeholder is { } placeholder ? $":{placeholder.Replace(":", "\\:", StringComparison.Ordinal)}:{Action(option)}" : "";
        string sign = option.IsSwitch ? "" : option.BareValue is null ? "=" : "=-";
        foreach (string name in CompletedValue.Names(option))
        {
            yield return $"{often}--{name}{(name.StartsWith("no-", StringComparison.Ordinal) ? "" : sign)}{help}{(option.BareValue is null || value.Length == 0 ? value : ":" + value)}";
        }

        if (option.Short is { } letter)
        {
            yield return $"{often}-{letter}{(option.IsSwitch ? "" : "+")}{help}{value}";
        }
    }

    private static string Action(Option option)
        => CompletedValue.IsFile(option) ? "_files"
            : CompletedValue.IsDirectory(option) ? "_files -/"
            : CompletedValue.Words(option) is { Count: > 0 } words ? $"({string.Join(' ', words)})" : " ";

    private static void Words(StringBuilder text, CommandShape command)
    {
        string words = string.Join(' ', command.Words.Select(static word => Quote($"{word.Name}:{CompletedValue.Summary(word.Help)}")));
        text.Append($"        local -a words_of=({words})\n        if [[ $state == words ]]; then\n            _describe word words_of\n        fi\n");
        foreach (CommandWord word in command.Words.Where(static word => word.Values.Count > 0))
        {
            text.Append($"        if [[ $state == values && $words[3] == {word.Name} ]]; then\n            compadd {string.Join(' ', word.Values)}\n        fi\n");
        }
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
