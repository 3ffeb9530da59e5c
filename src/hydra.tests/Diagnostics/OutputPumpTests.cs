using System.Text;
using Hydra.Diagnostics;
using Xunit;

namespace Hydra.Tests.Diagnostics;

public sealed class OutputPumpTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly BlockableStream _stream = new();

    [Fact]
    public void TryWrite_Records_ArriveInOrder()
    {
        using OutputPump pump = Create(OutputPumpOptions.Immediate);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(pump.TryWrite(Encoding.UTF8.GetBytes($"{i}\n")));
        }

        Assert.True(pump.Flush(Long));
        Assert.Equal(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n")), _stream.Text);
    }

    [Fact]
    public void TryWrite_FromManyThreads_KeepsRecordsWhole()
    {
        using (OutputPump pump = Create(OutputPumpOptions.Immediate))
        {
            Parallel.For(0, 1000, i => pump.TryWrite(Encoding.UTF8.GetBytes(new string((char)('a' + (i % 26)), 50) + "\n")));
        }

        string[] lines = _stream.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1000, lines.Length);
        Assert.All(lines, line => Assert.Equal(new string(line[0], 50), line));
    }

    [Fact]
    public void TryWrite_StreamBlocked_DropsWhatDoesNotFitAndSaysSo()
    {
        using OutputPump pump = Create(new OutputPumpOptions(10, TimeSpan.Zero, 0));
        _stream.Block();
        pump.TryWrite("first\n"u8);
        _stream.Entered.Wait();

        Assert.True(pump.TryWrite("123456789\n"u8));
        Assert.False(pump.TryWrite("lost\n"u8));
        Assert.False(pump.TryWrite("lost too\n"u8));
        _stream.Unblock();

        Assert.True(pump.Flush(Long));
        pump.TryWrite("next\n"u8);
        pump.Dispose();
        Assert.Equal("first\n123456789\n[2 lost]\nnext\n", _stream.Text);
    }

    [Fact]
    public void TryWrite_StreamBroken_CountsAndGoesOnWhenItIsWell()
    {
        using OutputPump pump = Create(OutputPumpOptions.Immediate);
        _stream.IsBroken = true;
        pump.TryWrite("a\n"u8);
        Assert.True(pump.Flush(Long));
        _stream.IsBroken = false;
        pump.TryWrite("b\n"u8);
        pump.Dispose();

        Assert.Equal("b\n[1 lost]\n", _stream.Text);
    }

    [Fact]
    public void Flush_StreamBlocked_GivesUpInTime()
    {
        using OutputPump pump = Create(OutputPumpOptions.Immediate);
        _stream.Block();
        pump.TryWrite("a\n"u8);
        _stream.Entered.Wait();

        Assert.False(pump.Flush(TimeSpan.FromMilliseconds(1)));
        _stream.Unblock();
    }

    [Fact]
    public void Flush_Lingering_DoesNotWaitForCompany()
    {
        using OutputPump pump = Create(new OutputPumpOptions(1 << 20, TimeSpan.FromDays(1), 1 << 20));
        pump.TryWrite("a\n"u8);

        Assert.True(pump.Flush(Long));
        Assert.Equal("a\n", _stream.Text);
    }

    [Fact]
    public void TryWrite_EnoughIsThere_EndsLingering()
    {
        using OutputPump pump = Create(new OutputPumpOptions(1 << 20, TimeSpan.FromDays(1), 4));
        pump.TryWrite("a\n"u8);
        pump.TryWrite("b\n"u8);

        _stream.Entered.Wait();
    }

    [Fact]
    public void Dispose_Lingering_WritesTheRest()
    {
        OutputPump pump = Create(new OutputPumpOptions(1 << 20, TimeSpan.FromDays(1), 1 << 20));
        pump.TryWrite("a\n"u8);
        pump.Dispose();

        Assert.Equal("a\n", _stream.Text);
        Assert.False(pump.TryWrite("b\n"u8));
        pump.Dispose();
    }

    private OutputPump Create(OutputPumpOptions options) => new(_stream, options, "test", lost => Encoding.UTF8.GetBytes($"[{lost} lost]\n"));
}
