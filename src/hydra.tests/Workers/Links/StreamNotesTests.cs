using System.Buffers;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class StreamNotesTests
{
    private readonly StreamNotes _notes = new();

    [Fact]
    public void Of_EachPlace_IsWhatWasKeptThereLast()
    {
        _notes.Keep(0, Frame("GET", "/a"), 1000);
        _notes.Keep(200, Frame("POST", "/b%20c"), 2000);
        _notes.Keep(0, Frame("HEAD", "/x"), 3000);

        Assert.Equal((TimeSpan.FromSeconds(2), "HEAD", "/x"), _notes.Of(0, 5000));
        Assert.Equal((TimeSpan.FromSeconds(3), "POST", "/b%20c"), _notes.Of(200, 5000));
        Assert.Equal((TimeSpan.Zero, "", ""), _notes.Of(1, 5000));
        Assert.Equal((TimeSpan.Zero, "", ""), _notes.Of(100_000, 5000));
    }

    [Fact]
    public void Of_LongPath_IsCut()
    {
        _notes.Keep(0, Frame("GET", "/" + new string('a', 1000)), 0);

        (_, string method, string path) = _notes.Of(0, 0);
        Assert.Equal("GET", method);
        Assert.Equal("/" + new string('a', StreamNotes.Longest - 4) + "…", path);
    }

    [Fact]
    public void Keep_WhatIsNoRequest_IsNothing()
    {
        _notes.Keep(0, Frame("GET", "/a"), 0);
        _notes.Keep(0, new byte[ProtocolLimits.HeaderSize + 3], 0);

        Assert.Equal((TimeSpan.Zero, "", ""), _notes.Of(0, 0));
    }

    private static byte[] Frame(string method, string path)
    {
        var frame = new ArrayBufferWriter<byte>();
        new RequestMessage { Method = System.Text.Encoding.ASCII.GetBytes(method), RawPath = System.Text.Encoding.ASCII.GetBytes(path), Query = "secret"u8 }
            .WriteFrame(frame, FrameFlags.End, 0);
        return frame.WrittenSpan.ToArray();
    }
}
