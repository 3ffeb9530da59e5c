using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>How frames find what handles them.</summary>
public class FrameRulesTests
{
    private static readonly FrameRules<List<string>> Rules = new(
        "test",
        new(MessageType.Ready, FrameFlags.None, StreamEnd.Never, static (log, id, _, payload, end) => Note(log, $"ready {id} {payload.Length} {end}")),
        new(MessageType.Body, FrameFlags.End, StreamEnd.WithFlag, static (log, id, _, payload, end) => Note(log, $"body {id} {payload.Length} {end}")),
        new(MessageType.Reset, FrameFlags.None, StreamEnd.Always, static (log, id, _, payload, end) => Note(log, $"reset {id} {payload.Length} {end}")),
        new(MessageType.Taken, FrameFlags.None, StreamEnd.Never, static (_, _, _, _, _) => "it breaks a rule"));

    private readonly List<string> _log = [];

    [Fact]
    public void ReadAll_WholeFrames_GoToTheirHandlersAndTheRestIsLeft()
    {
        byte[] data =
        [
            .. Frame(MessageType.Ready, FrameFlags.None, 0, 3),
            .. Frame(MessageType.Body, FrameFlags.None, 7, 2),
            .. Frame(MessageType.Body, FrameFlags.End, 7, 0),
            .. Frame(MessageType.Reset, FrameFlags.None, 8, 1),
            .. Frame(MessageType.Body, FrameFlags.None, 9, 5)[..^1],
        ];

        Assert.Null(Read(data, out int left));
        Assert.Equal(["ready 0 3 False", "body 7 2 False", "body 7 0 True", "reset 8 1 True"], _log);
        Assert.Equal(ProtocolLimits.HeaderSize + 4, left);
    }

    [Theory]
    [InlineData(nameof(MessageType.Ping))]
    [InlineData(nameof(MessageType.Window))]
    [InlineData(nameof(MessageType.Hello))]
    public void ReadAll_KindWithoutARow_IsRefusedByName(string type)
        => Assert.Equal(
            $"{type} may not be sent by a worker on a test link",
            Read(Frame(Enum.Parse<MessageType>(type), FrameFlags.None, 1, 0), out _));

    [Theory]
    [InlineData(nameof(MessageType.Ready), nameof(FrameFlags.End))]
    [InlineData(nameof(MessageType.Reset), nameof(FrameFlags.End))]
    [InlineData(nameof(MessageType.Body), nameof(FrameFlags.ExpectContinue))]
    public void ReadAll_FlagsThatTheRowDoesNotHave_AreRefused(string type, string flags)
    {
        Assert.Equal(
            $"{type} may not have the flags {flags}",
            Read(Frame(Enum.Parse<MessageType>(type), Enum.Parse<FrameFlags>(flags), 1, 0), out _));
        Assert.Empty(_log);
    }

    [Fact]
    public void ReadAll_HandlerFindsABrokenRule_HandlesNothingBehindIt()
    {
        byte[] data = [.. Frame(MessageType.Taken, FrameFlags.None, 1, 0), .. Frame(MessageType.Ready, FrameFlags.None, 0, 0)];

        Assert.Equal("it breaks a rule", Read(data, out _));
        Assert.Empty(_log);
    }

    [Fact]
    public void ReadAll_InvalidHeader_IsNamed()
        => Assert.Equal("a frame header is invalid (UnknownType)", Read([0, 0, 0, 0, 0xFF, .. new byte[11]], out _));

    [Fact]
    public void Rules_OfDataLinks_AreAllThatAWorkerSends()
        => Assert.Equal(
            ["Body End, More WithFlag", "Response End, More, File WithFlag", "Window None Never", "Reset None Always", "Taken None Never",
                "Accept Resume Never", "Data Text, More Never", "Close None Always", "File End WithFlag", "Hint None Never", "Capacity None Never",
                "Trailers None Always", "Subscribe None Never", "Save None Never"],
            StreamFrames.Rules.All.Select(rule => $"{rule.Type} {rule.Flags} {rule.Ends}"));

    private string? Read(ReadOnlySpan<byte> data, out int left)
    {
        string? violation = Rules.ReadAll(_log, ref data);
        left = data.Length;
        return violation;
    }

    private static string? Note(List<string> log, string text)
    {
        log.Add(text);
        return null;
    }

    private static byte[] Frame(MessageType type, FrameFlags flags, ulong stream, int length)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + length];
        new FrameHeader(length, type, flags, stream).Write(frame);
        return frame;
    }
}
