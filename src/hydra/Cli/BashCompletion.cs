using System.Text;
using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>Makes what "hydra completion bash" prints. It needs no package bash-completion, and runs in bash 3.2 as macOS has it.</summary>
internal static class BashCompletion
{
    /// <summary>The script.</summary>
    /// <param name="commands">The words that are commands of their own.</param>
    public static string Create(IReadOnlyList<CommandShape> commands)
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Completion of hydra for bash:  source <(hydra completion bash)
            _hydra() {
                local IFS=$' \t\n' word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} sign=' ' command='' names=''
                COMPREPLY=()
                # The words of --name=value are three for bash.
                if [[ $word == '=' ]]; then
                    word='' sign='='
                elif [[ $before == '=' ]]; then
                    before=${COMP_WORDS[COMP_CWORD-2]} sign='='
                fi
                if (( COMP_CWORD > 1 )); then
                    command=${COMP_WORDS[1]}
                fi

            """);
        text.Append("    case $command in\n");
        foreach (CommandShape command in commands)
        {
            string names = string.Join(' ', command.Options.SelectMany(CompletedValue.Names).Select(static name => "--" + name).Concat(command.Words.Select(static one => one.Name)));
            text.Append($"    {command.Name}) names='{names}' ;;\n");
        }

        text.Append("    *) names='").AppendJoin(' ', OptionTable.All.SelectMany(CompletedValue.Names).Select(static name => "--" + name)).Append("' ;;\n    esac\n");
        text.Append("    case $before$sign in\n");
        foreach (CommandWord word in commands.SelectMany(static command => command.Words).Where(static word => word.Argument.Length > 0))
        {
            text.Append($"    '{word.Name} ') names='{string.Join(' ', word.Values)}' ;;\n");
        }

        foreach (Option option in OptionTable.All.Concat(commands.SelectMany(static command => command.Options)).Where(static option => !option.IsSwitch).DistinctBy(static option => option.Name))
        {
            text.Append($"    {string.Join('|', Patterns(option))}) {Answer(option)} ;;\n");
        }

        text.Append(
            """
                esac
                if (( COMP_CWORD == 1 )) && [[ $word != -* ]]; then
                    names='
            """.TrimEnd('\n'));
        text.AppendJoin(' ', commands.Select(static command => command.Name));
        text.Append(
            """
            '
                fi
                COMPREPLY=($(compgen -W "$names" -- "$word"))
            }
            _hydra_paths() {
                local IFS=$'\n'
                compopt -o filenames 2>/dev/null
                COMPREPLY=($(compgen "$1" -- "$2"))
            }
            complete -F _hydra hydra

            """);
        return text.ToString();
    }

    // An option that means something without a value has one behind "=" alone.
    private static IEnumerable<string> Patterns(Option option)
    {
        foreach (string name in option.Names)
        {
            yield return $"'--{name}='";
            if (option.BareValue is null)
            {
                yield return $"'--{name} '";
            }
        }

        if (option is { Short: { } letter, BareValue: null })
        {
            yield return $"'-{letter} '";
        }
    }

    private static string Answer(Option option)
        => CompletedValue.IsFile(option) ? "_hydra_paths -f \"$word\"; return"
            : CompletedValue.IsDirectory(option) ? "_hydra_paths -d \"$word\"; return"
            : $"names='{string.Join(' ', CompletedValue.Words(option))}'";
}
