using System.Text;
using System.Text.Json;
using Hydra.Cli;
using Hydra.Configuration;
using Hydra.Diagnostics;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>The executable as hydra status, hydra top, hydra ctl or hydra replay: it asks a server that runs, at its control socket.</summary>
internal static class ControlProgram
{
    /// <summary>Runs it.</summary>
    /// <param name="args">All arguments.</param>
    /// <param name="environment">The variables.</param>
    /// <returns>The exit code; null where the first argument is none of these words.</returns>
    public static async Task<int?> RunAsync(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment)
    {
        if (args.Count == 0 || !ControlOptions.Programs.Contains(args[0]))
        {
            return null;
        }

        StandardStreams.SpareTerminal();
        using var output = new StreamWriter(StandardStreams.OpenOutput(), new UTF8Encoding(false));
        using var error = new StreamWriter(StandardStreams.OpenError(), new UTF8Encoding(false));
        try
        {
            return await AnswerAsync(args, environment, output, error).ConfigureAwait(false);
        }
        catch (ControlException e)
        {
            await error.WriteAsync($"hydra: {ControlText.Escape(e.Message)}\n").ConfigureAwait(false);
            return e.ExitCode;
        }
        catch (IOException)
        {
            // Who reads what is printed has gone: head, or a pager.
            return ExitCodes.RuntimeError;
        }
    }

    private static async Task<int> AnswerAsync(IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error)
    {
        List<string> errors = [];
        ControlOptions options = ControlOptions.Read(args, environment, ConfigFile.Find, errors);
        if (options.WantsHelp)
        {
            ControlHelp.Write(output, options.Program);
            return ExitCodes.Success;
        }

        if (errors.Count > 0)
        {
            foreach (string sentence in errors)
            {
                await error.WriteAsync($"hydra: {ControlText.Escape(sentence)}\n").ConfigureAwait(false);
            }

            await error.WriteAsync($"\"hydra {options.Program} --help\" says more.\n").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        if (OperatingSystem.IsWindows())
        {
            throw new ControlException("there are no control sockets on Windows", ExitCodes.StartFailure);
        }

        var client = new ControlClient(options.Socket);
        if (options.Program == "top" && !options.AsJson && !Console.IsOutputRedirected && !Console.IsInputRedirected)
        {
            return await new TopProgram(client, options.Interval).RunAsync().ConfigureAwait(false);
        }

        ControlRequest request = options.Program switch
        {
            "ctl" => ControlCommands.RequestOf(options),
            "replay" => ControlCommands.ReplayOf(options),
            _ => ControlRequest.Status,
        };
        byte[] answer = await client.SendAsync(request).ConfigureAwait(false);
        await output.WriteAsync(options.AsJson ? Encoding.UTF8.GetString(answer).TrimEnd() + "\n" : Describe(options, answer)).ConfigureAwait(false);
        return ExitCodes.Success;
    }

    private static string Describe(ControlOptions options, byte[] answer)
    {
        try
        {
            return options.Program switch
            {
                "status" => Join(StatusText.Lines(JsonSerializer.Deserialize(answer, ControlJson.Default.StatusDocument)!)),
                "top" => Join(new TopScreen().Render(JsonSerializer.Deserialize(answer, ControlJson.Default.StatusDocument), null, 200, 1000).SkipLast(1).Reverse().SkipWhile(static line => line.Length == 0).Reverse()),
                "replay" when options.Argument.Length == 0 => Join(ReplayText.Lines(JsonSerializer.Deserialize(answer, ControlJson.Default.RequestsAnswer)!)),
                "replay" => Join(ReplayText.Lines(JsonSerializer.Deserialize(answer, ControlJson.Default.ReplayAnswer)!)),
                _ when options.Command == "stack" => ControlText.Escape(JsonSerializer.Deserialize(answer, ControlJson.Default.StackAnswer)!.Text.TrimEnd(), allowLines: true) + "\n",
                _ => ControlText.Escape(JsonSerializer.Deserialize(answer, ControlJson.Default.CommandAnswer)!.Message) + "\n",
            };
        }
        catch (JsonException)
        {
            throw new ControlException("the server answers what this version does not understand: is it another one?", ExitCodes.RuntimeError);
        }
    }

    private static string Join(IEnumerable<string> lines) => string.Concat(lines.Select(static line => line + "\n"));
}
