using Hydra.Configuration;
using Hydra.Primitives;

namespace Hydra.Cli;

/// <summary>Prints what "hydra check" is asked for: each option with its value, as hydra.toml would have it, and who has said so.</summary>
internal static class SettingsReport
{
    private const string Hidden = "***";
    private const int ValueColumn = 50;

    // The one other secret that a mount may have beside its variables.
    private const string Secret = ",affinity-secret=";

    /// <summary>Writes it.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="options">What comes of it.</param>
    /// <param name="settings">What was said of each option.</param>
    public static void Write(TextWriter output, HydraOptions options, IReadOnlyList<(Option Option, IReadOnlyList<OptionValue> Values)> settings)
    {
        output.Write($"# listens at {string.Join(", ", options.Server.Addresses.Binds.Select(bind => Spoken(bind, options.Server)))}\n");
        output.Write($"# serves {string.Join(", ", options.Applications.Where(static one => one.Pool.Length == 0).Select(static one => ControlText.Escape(one.App)))}\n");
        foreach ((Option option, IReadOnlyList<OptionValue> values) in settings.Where(static one => !one.Option.IsCommand))
        {
            if (values.Count > 0)
            {
                string written = option.Repeatable && values.Count != 1
                    ? $"[{string.Join(", ", values.Select(value => Written(option, value.Text)))}]" : Written(option, values[0].Text);
                Line(output, $"{option.Name} = {written}", Who(option, values[0].Source));
            }
            else if (option.Name == "host" && settings.Single(static one => one.Option.Name == "port").Values is [{ Source.Rank: SourceRank.SharedVariable } port]
                && options.Server.Addresses.Binds is [BindAddress.Tcp { Host: var host }])
            {
                Line(output, $"host = {Written(option, host)}", $"default with {port.Source.Spelling}");
            }
            else if (option.Default is { Length: > 0 } usual)
            {
                // A word in parentheses is about it, and no value.
                bool isWord = usual[0] == '(';
                Line(output, isWord ? $"# {option.Name}" : $"{option.Name} = {Written(option, usual)}", isWord ? $"default: {usual.Trim('(', ')')}" : "default");
            }
        }
    }

    // With what is spoken there, where that is not HTTP without TLS.
    private static string Spoken(BindAddress bind, ServerOptions server)
    {
        bool isTls = bind.IsTls ?? server.Tls.IsOn;
        return (bind.IsUwsgi ?? server.Proxies.SpeaksUwsgi) ? $"{(isTls ? "suwsgi" : "uwsgi")}://{bind}" : isTls ? $"https://{bind}" : bind.ToString()!;
    }

    private static void Line(TextWriter output, string setting, string who) => output.Write($"{setting.PadRight(ValueColumn)} # {who}\n");

    private static string Who(Option option, OptionSource source) => source.Rank switch
    {
        SourceRank.CommandLine => $"command line ({source.Spelling})",
        SourceRank.File => source.Spelling[(source.Spelling.LastIndexOf('(') + 1)..].TrimEnd(')'),
        SourceRank.Default => "default",
        _ => source.Spelling == option.Variable ? source.Spelling : $"{source.Spelling} (shared variable)",
    };

    private static string Written(Option option, string text)
    {
        if (IsSecret(option))
        {
            text = option.Name is "env" or "trace-header" && text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals ? text[..(equals + 1)] + Hidden : Hidden;
        }
        else if (option.Name is "mount" or "pool" or "task-pool")
        {
            text = string.Join(",env=", text.Split(",env=").Select(static (part, i) => i == 0 ? part : Masked(part)));
            text = string.Join(Secret, text.Split(Secret).Select(static (part, i) => i == 0 ? part : Hidden + (part.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma ? part[comma..] : "")));
        }

        text = option.Name is "state" or "mount" or "pool" or "task-pool" ? RedisUrl.Mask(text) : text;
        bool isPlain = option.IsSwitch ? text is "true" or "false" : text.Length is > 0 and < 16 && !text.AsSpan().ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0');
        return isPlain ? text : $"\"{ControlText.Escape(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))}\"";
    }

    private static string Masked(string variable)
    {
        int equals = variable.IndexOf('=', StringComparison.Ordinal);
        int comma = variable.IndexOf(',', Math.Max(equals, 0));
        return variable[..(equals + 1)] + Hidden + (comma < 0 ? "" : variable[comma..]);
    }

    // Variables of workers are where passwords are.
    private static bool IsSecret(Option option)
        => option.Name is "env" or "trace-header" || option.Name.Contains("password", StringComparison.Ordinal) || option.Name.Contains("secret", StringComparison.Ordinal)
            || option.Name.Contains("token", StringComparison.Ordinal);
}
