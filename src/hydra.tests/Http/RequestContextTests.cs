using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class RequestContextTests
{
    [Fact]
    public void Begin_AfterAnotherRequest_HasForgottenIt()
    {
        using var first = new FakeRequest("GET", "/first");
        using var second = new FakeRequest("GET", "/second");
        RequestContext context = ExchangeSetup.Accept(first);
        RequestFacts facts = context.Facts;
        Assert.Same(context.Connection.FactsFor("HTTP/1.1"), facts);
        context.Facts = facts.Below("/app");
        Assert.Equal("/app", context.Facts.RootPath);
        context.Failure = Failure.TimedOut;
        context.AddGate(new Gate());
        context.End();
        Assert.False(context.IsHandling);
        context.Begin(second.Context.Features);

        Assert.Same(facts, context.Facts);
        Assert.False(context.IsGated);
        Assert.Empty(context.Gates);
        Assert.Equal(Failure.None, context.Failure);
        Assert.True(context.IsHandling);
        Assert.Equal("/second", context.Http.Request.Path);
    }

    [Fact]
    public void Gates_Several_AreAskedInTheirOrder()
    {
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.False(context.IsGated);
        Assert.Empty(context.Gates);
        ResponseGate[] gates = [new Gate(), new Gate()];
        Assert.All(gates, context.AddGate);

        Assert.True(context.IsGated);
        Assert.Equal(gates, context.Gates);
    }

    [Fact]
    public void Handler_OfAClientsConnection_IsTheConnections()
    {
        using var request = new FakeRequest();
        RequestContext context = ExchangeSetup.Accept(request);
        Assert.Same(context.Connection.Handler, context.Handler);
        Assert.Same(request.Context.Features.Get<ClientConnection>(), context.Connection);
    }

    [Fact]
    public void Handler_AddressThatIsNotForClients_IsTheFeatures()
    {
        RequestHandler handler = _ => Task.CompletedTask;
        var features = new FeatureCollection();
        features.Set(new RequestHandlerFeature(handler));
        var context = new RequestContext(features);

        Assert.Same(handler, context.Handler);
        Assert.Null(context.Connection);
    }

    [Fact]
    public void Handler_NobodyHandlesRequests_IsAMistake()
        => Assert.Throws<InvalidOperationException>(() => new RequestContext(new FeatureCollection()));

    private sealed class Gate : ResponseGate
    {
        public override ValueTask<bool> PassAsync(RequestContext context, GatedBody body) => ValueTask.FromResult(false);
    }
}
