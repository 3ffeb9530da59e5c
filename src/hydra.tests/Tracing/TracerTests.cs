using Hydra.Diagnostics;
using Hydra.Tracing;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hydra.Tests.Tracing;

public sealed class TracerTests
{
    private const string Ids = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

    [Theory]
    [InlineData("parentbased_always_on", null, true)]
    [InlineData("parentbased_always_on", "00", false)]
    [InlineData("parentbased_always_on", "01", true)]
    [InlineData("parentbased_always_off", null, false)]
    [InlineData("parentbased_always_off", "01", true)]
    [InlineData("always_on", "00", true)]
    [InlineData("always_off", "01", false)]
    public void Begin_ASampler_DecidesAsItsNameSays(string name, string? flags, bool expected)
    {
        TraceLink link = Begin(TraceSampler.Named.Single(one => one.Name == name).Sampler, flags is null ? default : (StringValues)$"00-{Ids}-{flags}");

        Assert.Equal(expected, link.Trace is not null);
        Assert.Equal(expected, link.Told.IsSampled);
    }

    [Fact]
    public void Begin_WithoutAParent_BeginsATraceAndTellsIt()
    {
        TraceLink link = Begin(new TraceSampler(true, 0));

        Assert.True(link.IsKnown);
        Assert.Equal(TraceTelling.Adds, link.Telling);
        Assert.Null(link.Trace);
        Assert.NotEqual(0ul, link.Told.Span);
    }

    [Fact]
    public void Begin_AParentThatIsNotRecorded_IsPassedOnAsItCame()
        => Assert.Equal(TraceTelling.AsSent, Begin(new TraceSampler(true, 1), $"00-{Ids}-00", "a=1").Telling);

    [Fact]
    public void Begin_AParentThatIsRecorded_HasTheWorkersSpanInItsPlace()
    {
        TraceLink link = Begin(new TraceSampler(true, 0), $"00-{Ids}-03", "a=1");

        Assert.Equal(TraceTelling.Replaces, link.Telling);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", link.Told.TraceText);
        Assert.NotEqual(0xb7ad6b7169203331, link.Told.Span);
        Assert.Equal(3, link.Told.Flags);
        Assert.Equal("a=1", link.Trace!.State);
        Assert.Equal(0xb7ad6b7169203331, link.Trace.Parent!.Value.Span);
        Assert.Equal(link.Told.Span, link.Trace.OnSent(0, 0));
        Assert.NotEqual(link.Told.Span, link.Trace.OnSent(1, 0));
    }

    // "always_off" among samplers that do not follow: the application is told so, and keeps its parent.
    [Fact]
    public void Begin_ARecordedParentThatIsNotFollowed_IsToldAsNotRecorded()
    {
        TraceLink link = Begin(new TraceSampler(false, 0), $"00-{Ids}-01");

        Assert.Equal(TraceTelling.Replaces, link.Telling);
        Assert.Equal((0, 0xb7ad6b7169203331), (link.Told.Flags, link.Told.Span));
    }

    [Theory]
    [InlineData("nonsense", "a=1")]
    [InlineData(null, "a=1")]
    public void Begin_AStateWithoutAGoodParent_IsLeftOut(string? parent, string state)
    {
        TraceLink link = Begin(new TraceSampler(true, 1), parent, state);

        Assert.Equal(TraceTelling.ReplacesAll, link.Telling);
        Assert.Null(link.Trace!.Parent);
        Assert.Equal("", link.Trace.State);
    }

    [Fact]
    public void Begin_SeveralParents_CountForNone()
        => Assert.Null(Begin(new TraceSampler(true, 1), new StringValues([$"00-{Ids}-01", $"00-{Ids}-01"])).Trace!.Parent);

    [Theory]
    [InlineData("00")]
    [InlineData("01")]
    public void Begin_ABadState_IsLeftOutAndTheParentCounts(string flags)
    {
        TraceLink link = Begin(new TraceSampler(true, 1), $"00-{Ids}-{flags}", "no state");

        Assert.Equal(TraceTelling.ReplacesAll, link.Telling);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", link.Told.TraceText);
        Assert.Equal(flags == "01", link.Trace is not null);
    }

    [Fact]
    public void Begin_SeveralStates_AreOneList() => Assert.Equal("a=1,b=2", Begin(new TraceSampler(true, 1), $"00-{Ids}-01", new StringValues(["a=1", "b=2"])).Trace!.State);

    // Of 64 bits the last does not count. The bound of a quarter is 2^61 of 2^63.
    [Theory]
    [InlineData(0x3fff_ffff_ffff_ffff, 0.25, true)]
    [InlineData(0x4000_0000_0000_0000, 0.25, false)]
    [InlineData(ulong.MaxValue, 1, true)]
    [InlineData(0, 0, false)]
    public void Samples_ARatio_IsByTheIdOfTheTrace(ulong low, double ratio, bool expected)
        => Assert.Equal(expected, new TraceSampler(true, ratio).Samples(null, low));

    [Fact]
    public void Samples_OnePercent_IsAboutThat()
    {
        var sampler = new TraceSampler(true, 0.01);

        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => sampler.Samples(null, TraceParent.NewId())), 700, 1300);
    }

    [Fact]
    public void Beside_ARecordedRequest_GoesOnInItsServerSpan()
    {
        TraceLink link = Begin(new TraceSampler(true, 1));

        Assert.Null(link.Beside.Trace);
        Assert.Equal(link.Trace!.Span, link.Beside.Told.Span);
        Assert.Equal(link.Told.TraceText, link.Beside.Told.TraceText);
    }

    private static TraceLink Begin(TraceSampler sampler, StringValues parents = default, StringValues states = default)
        => new Tracer(sampler, new TraceQueue(1, 1, new TraceMetrics())).Begin(parents, states, 1);
}
