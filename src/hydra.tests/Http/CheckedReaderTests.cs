using System.IO.Pipelines;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class CheckedReaderTests
{
    private readonly ResponseBody _body = new(new BodyResources(new ForwarderOptions(), null, NullLogger.Instance));

    public CheckedReaderTests()
    {
        Assert.Null(_body.Begin(announced: null, isDropped: false, length: 3, end: false));
        _body.Open("abc"u8);
    }

    [Fact]
    public async Task Read_BodyIsComplete_EndsAsItDoes()
    {
        _body.End(null);
        ReadResult read = await _body.CheckedReader.ReadAsync();

        Assert.True(read.IsCompleted);
        Assert.Equal("abc", Encoding.ASCII.GetString(read.Buffer.FirstSpan));
        _body.CheckedReader.AdvanceTo(read.Buffer.End);
        _body.Release();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Read_BodyIsCutShort_FailsOnceAllThatHasComeWasSeen(int consumed)
    {
        _body.End(new ResponseFailedException("cut", Failure.WorkerLost));
        ReadResult read = await _body.CheckedReader.ReadAsync();
        Assert.False(read.IsCompleted);
        _body.CheckedReader.AdvanceTo(read.Buffer.GetPosition(consumed), read.Buffer.End);

        var e = await Assert.ThrowsAsync<ResponseFailedException>(async () => await _body.CheckedReader.ReadAsync());
        Assert.Equal(Failure.WorkerLost, e.Failure);
        _body.Release();
    }

    [Fact]
    public void TryRead_NothingHasCome_IsFalse()
    {
        Assert.True(_body.CheckedReader.TryRead(out ReadResult read));
        _body.CheckedReader.AdvanceTo(read.Buffer.End);

        Assert.False(_body.CheckedReader.TryRead(out _));
        _body.Release();
    }
}
