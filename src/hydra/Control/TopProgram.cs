using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Hydra.Cli;
using Hydra.Diagnostics;

namespace Hydra.Control;

/// <summary>hydra top on a terminal: asks the server, draws, and takes keys, until it is told to end.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TopProgram(ControlClient client, TimeSpan interval)
{
    // A server that does not answer is shown as such, and asked again.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private readonly TopScreen _screen = new();
    private StatusDocument? _status;
    private string? _trouble;

    /// <summary>Runs until somebody quits.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        // Whether there is anybody is to be known before the screen is taken.
        await AskAsync().ConfigureAwait(false);
        if (_status is null)
        {
            throw new ControlException(_trouble!, ExitCodes.StartFailure);
        }

        var events = Channel.CreateUnbounded<char?>();
        using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => events.Writer.TryWrite(null));
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Quit(context, events));
        using PosixSignalRegistration ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Quit(context, events));
        await using Stream output = StandardStreams.OpenOutput();
        using var terminal = new RawTerminal();
        var keys = new Thread(() => ReadKeys(events.Writer)) { IsBackground = true, Name = "keys" };
        Write(output, "\e[?1049h\e[?25l\e[2J");
        try
        {
            keys.Start();
            await LoopAsync(events.Reader, output).ConfigureAwait(false);
        }
        finally
        {
            Write(output, "\e[?25h\e[?1049l");
        }

        return ExitCodes.Success;
    }

    private async Task LoopAsync(ChannelReader<char?> events, Stream output)
    {
        while (true)
        {
            (int width, int height) = RawTerminal.Size;
            Write(output, TopScreen.Draw(_screen.Render(_status, _trouble, width, height)));
            using var due = new CancellationTokenSource(interval);
            try
            {
                if (await events.ReadAsync(due.Token).ConfigureAwait(false) is { } key && !_screen.Press(key))
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                await AskAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task AskAsync()
    {
        using var limit = new CancellationTokenSource(AnswerTime);
        try
        {
            byte[] answer = await client.SendAsync(ControlRequest.Status, limit.Token).ConfigureAwait(false);
            _status = JsonSerializer.Deserialize(answer, ControlJson.Default.StatusDocument);
            _trouble = null;
        }
        catch (ControlException e)
        {
            _trouble = e.Message;
        }
        catch (OperationCanceledException)
        {
            _trouble = $"the server has not answered within {AnswerTime.TotalSeconds:0} s";
        }
        catch (JsonException)
        {
            _trouble = "the server answers what this version does not understand";
        }
    }

    private static void Quit(PosixSignalContext context, Channel<char?> events)
    {
        context.Cancel = true;
        events.Writer.TryWrite('q');
    }

    private static void ReadKeys(ChannelWriter<char?> events)
    {
        while (RawTerminal.ReadKey() is { } key)
        {
            events.TryWrite(key);
        }

        // The terminal is gone.
        events.TryWrite('q');
    }

    private static void Write(Stream output, string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
    }
}
