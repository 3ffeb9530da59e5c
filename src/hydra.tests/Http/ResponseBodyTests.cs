using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ResponseBodyTests
{
    private readonly BodyResources _resources = Resources(100, 1000, 1_000_000);

    [Theory]
    [InlineData(null, 5, true, null)]
    [InlineData(5L, 5, true, null)]
    [InlineData(5L, 4, false, null)]
    [InlineData(5L, 5, false, null)]
    [InlineData(5L, 6, false, "longer than its Content-Length of 5")]
    [InlineData(5L, 6, true, "longer than its Content-Length of 5")]
    [InlineData(5L, 4, true, "has 4 bytes, its Content-Length says 5")]
    public void Begin_LengthThatTheHeadSays_IsCheckedAtOnce(long? announced, int length, bool end, string? expected)
        => AssertRule(expected, new ResponseBody(_resources).Begin(announced, isDropped: false, length, end));

    [Theory]
    [InlineData(2, true, null)]
    [InlineData(1, false, null)]
    [InlineData(3, false, "longer than its Content-Length of 5")]
    [InlineData(1, true, "has 4 bytes, its Content-Length says 5")]
    public void TryAdd_LengthThatTheHeadSays_IsCheckedWithEachPiece(int more, bool end, string? expected)
    {
        ResponseBody body = Opened(_resources, announced: 5, first: "abc");
        Assert.True(body.TryAdd(new byte[more], end, out _, out string? failure));

        AssertRule(expected, failure);
        body.Release();
    }

    [Fact]
    public void Length_BeforeAndAfterItIsKnown_IsSaidOnlyThen()
    {
        var body = new ResponseBody(_resources);
        body.Begin(announced: null, isDropped: false, length: 3, end: false);
        Assert.Null(body.Length);
        body.Begin(announced: 9, isDropped: false, length: 3, end: false);
        Assert.Equal(9, body.Length);
        body.Begin(announced: null, isDropped: false, length: 3, end: true);
        Assert.Equal(3, body.Length);
        body.Begin(announced: 9, isDropped: true, length: 0, end: true);
        Assert.Null(body.Length);
    }

    [Fact]
    public async Task Reader_WhatIsOpenedAddedAndFlushed_GetsItInOrderToTheEnd()
    {
        ResponseBody body = Opened(_resources, announced: null, first: "abc");
        Assert.Equal("abc", Take(body));
        Assert.True(body.TryAdd("de"u8, end: false, out _, out _));
        Assert.Equal("", Take(body));
        body.Flush();
        Assert.Equal("de", Take(body));
        Assert.True(body.TryAdd("f"u8, end: true, out _, out _));
        body.End(null);
        ReadResult last = await body.Reader.ReadAsync();

        Assert.True(last.IsCompleted);
        Assert.Equal("f", Encoding.ASCII.GetString(last.Buffer.ToArray()));
        Assert.Equal(6, body.BytesReceived);
        body.Release();
        Assert.Equal(6, body.BytesReceived);
    }

    [Fact]
    public void OnFileLeft_PartOfAFile_IsNotCountedAndNotMissing()
    {
        ResponseBody body = Opened(_resources, announced: 13, first: "abc");
        body.OnFileOpened(10);
        body.OnFileLeft(4);

        Assert.Equal((9L, 0L), (body.BytesReceived, body.Missing));
        body.Release();
        body.Restart();
        Assert.Equal(0, body.BytesReceived);
    }

    [Fact]
    public void End_CutShort_FailsTheReaderWithTheFailure()
    {
        ResponseBody body = Opened(_resources, first: "abc");
        body.End(new ResponseFailedException("the worker was lost", Failure.WorkerLost));

        // What came before stays readable, and then there is the failure.
        Assert.True(body.CheckedReader.TryRead(out ReadResult read));
        Assert.False(read.IsCompleted);
        body.CheckedReader.AdvanceTo(read.Buffer.End);
        ResponseFailedException e = Assert.Throws<ResponseFailedException>(() => body.CheckedReader.TryRead(out _));
        Assert.Equal((Failure.WorkerLost, "the worker was lost"), (e.Failure, e.Message));
        Assert.Same(e, body.Cut);
        body.Release();
    }

    // RFC 9110, section 9.3.2: a HEAD's length is that of another response's body.
    [Fact]
    public void TryAdd_BodyThatIsDropped_CountsForNothingAndIsGrantedAgain()
    {
        var body = new ResponseBody(_resources);
        Assert.Null(body.Begin(announced: 500, isDropped: true, length: 10, end: false));
        Assert.Equal(0u, body.Open("0123456789"u8));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(body.TryAdd(new byte[100], end: i == 2, out uint more, out string? failure));
            Assert.Equal(100u, more);
            Assert.Null(failure);
            body.Flush();
        }

        body.End(null);
        Assert.Equal("", Take(body));
        Assert.Equal(0, body.BytesReceived);
        Assert.False(body.TryAdd(new byte[101], end: false, out _, out _));
        body.Release();
        Assert.Equal(0, _resources.ResponseMemory.Used);
    }

    [Fact]
    public void TryAdd_MoreThanItsCredit_IsRefused()
    {
        BodyResources resources = Resources(window: 100, buffer: 100, memory: 1_000_000);
        ResponseBody body = Opened(resources);
        Assert.True(body.TryAdd(new byte[100], end: false, out uint more, out _));
        Assert.Equal(0u, more);
        Assert.False(body.TryAdd(new byte[1], end: false, out _, out _));
        body.Release();
    }

    [Theory]
    [InlineData(1000, null, new uint[] { 300, 400, 200, 0 })]
    [InlineData(1_000_000, null, new uint[] { 300, 400, 800, 1600 })]
    [InlineData(100, null, new uint[] { 0 })]
    [InlineData(1_000_000, 200L, new uint[] { 100 })]
    [InlineData(1_000_000, 600L, new uint[] { 300, 200 })]
    public void TryAdd_WorkerThatIsFaster_GetsMoreUpToTheBounds(int buffer, long? announced, uint[] expected)
    {
        BodyResources resources = Resources(window: 100, buffer, memory: 1_000_000);
        ResponseBody body = Opened(resources, announced);
        uint credit = 100;
        List<uint> granted = [];
        foreach (uint _ in expected)
        {
            // Leaves just less than half of the window that every response has.
            Assert.True(body.TryAdd(new byte[credit - 49], end: false, out uint more, out string? failure));
            Assert.Null(failure);
            credit = 49 + more;
            granted.Add(more);
        }

        Assert.Equal(expected, granted);
        Assert.Equal(expected.Sum(more => more), resources.ResponseMemory.Used);
        body.Release();
        Assert.Equal(0, resources.ResponseMemory.Used);
    }

    [Fact]
    public void TryAdd_MemoryIsUsedUp_LeavesTheWindow()
    {
        BodyResources resources = Resources(window: 100, buffer: 1000, memory: 350);
        ResponseBody body = Opened(resources);
        ResponseBody other = Opened(resources);
        Assert.True(body.TryAdd(new byte[51], end: false, out uint first, out _));
        Assert.True(other.TryAdd(new byte[51], end: false, out uint second, out _));

        Assert.Equal((300u, 0u), (first, second));
        body.Release();
        Assert.Equal(0, resources.ResponseMemory.Used);
        Assert.True(other.TryAdd([], end: false, out second, out _));
        Assert.Equal(300u, second);
        other.Release();
    }

    [Theory]
    [InlineData(ProtocolLimits.MaxBody, null, 3 * 64 * 1024)]
    [InlineData(ProtocolLimits.MaxBody - 1, null, 0)]
    [InlineData(ProtocolLimits.MaxBody, ProtocolLimits.MaxBody + 10L, 0)]
    public void Open_WithAFullFrame_GrantsMoreWhereThereIsMore(int first, long? announced, int expected)
    {
        BodyResources resources = Resources(window: 64 * 1024, buffer: 1024 * 1024, memory: 64 << 20);
        var body = new ResponseBody(resources);
        body.Begin(announced, isDropped: false, first, end: false);

        Assert.Equal((uint)expected, body.Open(new byte[first]));
        Assert.Equal(expected, resources.ResponseMemory.Used);
        body.Release();
        Assert.Equal(0, resources.ResponseMemory.Used);
    }

    [Fact]
    public void Settle_WorkerIsDone_GivesBackWhatItDidNotUseAndThenWhatIsTaken()
    {
        ResponseBody body = Opened(_resources);
        Assert.True(body.TryAdd(new byte[51], end: false, out uint more, out _));
        Assert.True(body.TryAdd(new byte[200], end: true, out _, out _));
        Assert.Equal((300u, 300L), (more, _resources.ResponseMemory.Used));
        body.Settle();
        Assert.Equal(300 - 149, _resources.ResponseMemory.Used);
        body.OnTaken(100);
        Assert.Equal(0u, body.TakeGrant(goesOn: false));
        Assert.Equal(51, _resources.ResponseMemory.Used);
        body.Release();
        Assert.Equal(0, _resources.ResponseMemory.Used);
    }

    [Fact]
    public void OnTaken_LessThanAQuarter_WaitsForMore()
    {
        ResponseBody body = Opened(_resources);
        Assert.False(body.OnTaken(24));
        Assert.True(body.OnTaken(1));
        Assert.Equal(25u, body.TakeGrant(goesOn: true));
        Assert.False(body.OnTaken(24));

        // With 300 more there are 400.
        Assert.True(body.TryAdd(new byte[100], end: false, out uint more, out _));
        Assert.Equal(300u, more);
        Assert.False(body.OnTaken(75));
        Assert.True(body.OnTaken(1));
        body.Release();
    }

    [Fact]
    public void TakeGrant_MemoryIsTight_GrantsLess()
    {
        BodyResources resources = Resources(window: 100, buffer: 1000, memory: 400);
        ResponseBody body = Opened(resources);
        Assert.True(body.TryAdd(new byte[51], end: false, out uint more, out _));
        Assert.Equal(300u, more);
        Assert.True(resources.ResponseMemory.TryTake(50));
        Assert.True(body.OnTaken(100));
        Assert.Equal(0u, body.TakeGrant(goesOn: true));
        Assert.Equal(250, resources.ResponseMemory.Used);
        Assert.True(body.OnTaken(75));
        Assert.Equal(75u, body.TakeGrant(goesOn: true));
        body.Release();
        Assert.Equal(50, resources.ResponseMemory.Used);
    }

    [Theory]
    [InlineData(null, false, 3L, "abc")]
    [InlineData(3L, false, 3L, "abc")]
    [InlineData(9L, true, 9L, "")]
    [InlineData(null, true, null, "")]
    public async Task WriteWhole_BodyOrNone_SaysItsLength(long? announced, bool isDropped, long? length, string text)
    {
        using var request = new FakeRequest();
        HttpResponse response = request.Context.Response;
        response.ContentLength = announced;
        var body = new ResponseBody(_resources);
        body.Begin(announced, isDropped, length: 3, end: true);
        body.WriteWhole(response, "abc"u8);
        await request.Response.CompleteAsync();

        Assert.Equal(length, response.ContentLength);
        Assert.Equal(text, request.Response.TakeText());
    }

    [Fact]
    public void Restart_AfterAnotherRequest_HasNothingOfIt()
    {
        ResponseBody body = Opened(_resources, announced: null, first: "abc");
        body.Release();
        body.Restart();
        Assert.Equal(0, body.BytesReceived);
        Assert.Null(body.Begin(announced: 1, isDropped: false, length: 1, end: false));
        body.Open("x"u8);
        Assert.Equal("x", Take(body));
        body.Release();
    }

    internal static BodyResources Resources(int window, int buffer, long memory) => new(
        new ForwarderOptions { ResponseWindow = window, BufferResponse = buffer, BufferMemory = memory }, null, NullLogger.Instance);

    private static ResponseBody Opened(BodyResources resources, long? announced = null, string first = "")
    {
        var body = new ResponseBody(resources);
        Assert.Null(body.Begin(announced, isDropped: false, first.Length, end: false));
        Assert.Equal(0u, body.Open(Encoding.ASCII.GetBytes(first)));
        return body;
    }

    private static string Take(ResponseBody body)
    {
        if (!body.Reader.TryRead(out ReadResult read))
        {
            return "";
        }

        string text = Encoding.ASCII.GetString(read.Buffer.ToArray());
        body.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private static void AssertRule(string? expected, string? actual)
    {
        if (expected is null)
        {
            Assert.Null(actual);
        }
        else
        {
            Assert.Contains(expected, actual, StringComparison.Ordinal);
        }
    }
}
