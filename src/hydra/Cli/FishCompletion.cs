using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes what "hydra completion fish" prints.</summary>
internal static class FishCompletion
{
    /// <summary>The script.</summary>
    /// <param name="commands">The words that are commands of their own.</param>
    public static string Create(IReadOnlyList<CommandShape> commands)
    {
        var text = new StringBuilder();
        string all = string.Join(' ', commands.Select(static command => command.Name));
        string server = $"not __fish_seen_subcommand_from {string.Join(' ', commands.Where(static command => command.Name is not ("check" or "dev")).Select(static command => command.Name))}";
        text.Append("# Completion of hydra for fish:  hydra completion fish | source\n");
        foreach (CommandShape command in commands)
        {
            text.Append($"complete -c hydra -n 'not __fish_seen_subcommand_from {all}' -f -a {command.Name} -d {Summary(command.Help)}\n");
        }

        foreach (Option option in OptionTable.All)
        {
            Complete(text, server, option);
        }

        foreach (CommandShape command in commands)
        {
            string condition = $"__fish_seen_subcommand_from {command.Name}";
            foreach (Option option in command.Name is "check" or "dev" ? [] : command.Options)
            {
                Complete(text, condition, option);
            }

            foreach (CommandWord word in command.Words)
            {
                string words = string.Join(' ', command.Words.Select(static one => one.Name));
                text.Append($"complete -c hydra -n '{condition}; and not __fish_seen_subcommand_from {words}' -f -a {word.Name} -d {Summary(word.Help)}\n");
                if (word.Values.Count > 0)
                {
                    text.Append($"complete -c hydra -n '{condition}; and __fish_seen_subcommand_from {word.Name}' -f -a '{string.Join(' ', word.Values)}'\n");
                }
            }
        }

        return text.ToString();
    }

    private static void Complete(StringBuilder text, string condition, Option option)
    {
        string letter = option.Short is { } one ? $" -s {one}" : "";
        string value = option.IsSwitch ? ""
            : (option.BareValue is null ? " -r" : "") + (CompletedValue.IsFile(option) ? " -F"
                : CompletedValue.IsDirectory(option) ? " -f -a '(__fish_complete_directories)'"
                : CompletedValue.Words(option) is { Count: > 0 } words ? $" -f -a '{string.Join(' ', words)}'" : " -f");
        foreach (string name in CompletedValue.Names(option))
        {
            text.Append($"complete -c hydra -n '{condition}' -l {name}{letter}{value} -d {Summary(option.Help)}\n");
            letter = "";
        }
    }

    private static string Summary(string help)
        => $"'{CompletedValue.Summary(help).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
