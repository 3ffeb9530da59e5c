using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>--task-pool: classes in processes of their own.</summary>
public sealed class TaskPoolsTests
{
    [Fact]
    public void Parse_TaskPool_HasOptionsOfItsOwn_AndElseThoseOfTheApplication()
    {
        ServerOptions server = Parsing.Run(
            "main:app", "-w", "4", "--threads", "3", "--env", "A=1", "--request-timeout", "30", "--preload",
            "--task-pool", "model=shop.models:Model,workers=2,threads=8,queue-size=50,env=B=2", "--task-pool", "mail=shop.mail:Mail,no-preload").Server;

        Assert.Equal([("model", "shop.models:Model"), ("mail", "shop.mail:Mail")], server.TaskPools.Select(static one => (one.Pool, one.App)));
        ApplicationOptions model = server.TaskPools[0];
        Assert.Equal((2, 8, 50, TimeSpan.Zero, true), (model.Workers.Count, model.Python.Threads, model.Queue.Size, model.Timeouts.Request, model.Python.Preload));
        Assert.Equal(["A=1", "B=2"], model.Variables.Select(static pair => $"{pair.Key}={pair.Value}"));
        ApplicationOptions mail = server.TaskPools[1];
        Assert.Equal((1, false), (mail.Workers.Count, mail.Python.Preload));
        Assert.Equal(new ApplicationOptions().Python.Threads, mail.Python.Threads);
    }

    [Theory]
    [InlineData("model", "is not of the form NAME=MODULE:CLASS")]
    [InlineData("=shop:Model", "is not of the form NAME=MODULE:CLASS")]
    [InlineData("a b=shop:Model", "is not of the form NAME=MODULE:CLASS")]
    [InlineData("model=shop", "is not of the form MODULE:CLASS")]
    [InlineData("model=", "is not of the form MODULE:CLASS")]
    [InlineData("model=shop:Model()", "leave the parentheses out")]
    [InlineData("model=shop:Model,workers=none", "workers: ")]
    [InlineData("model=shop:Model,workers", "workers needs a value")]
    [InlineData("model=shop:Model,bind=:80", "bind is the server's")]
    [InlineData("model=shop:Model,task-pool=x=y:Z", "cannot be said within a pool")]
    [InlineData("model=shop:Model,lifespan=on", "lifespan says nothing to a pool")]
    [InlineData("model=shop:Model,interface=wsgi", "interface says nothing to a pool")]
    [InlineData("model=shop:Model,state=redis://h", "state says nothing to a pool")]
    public void Parse_WhatIsNone_IsASentence(string text, string expected)
    {
        string error = Assert.Single(Parsing.Errors("main:app", "--task-pool", text));

        Assert.StartsWith("--task-pool (command line): ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TwoOfOneName_IsASentence()
        => Assert.Contains(
            "two pools called model", Assert.Single(Parsing.Errors("main:app", "--task-pool", "model=shop:A", "--task-pool", "model=shop:B")), StringComparison.Ordinal);

    [Theory]
    [InlineData("--task-workers", "0")]
    [InlineData("--task-threads", "0")]
    [InlineData("--task-timeout", "soon")]
    [InlineData("--task-queue-size", "0")]
    [InlineData("--task-queue-bytes", "0")]
    public void Parse_WrongNumber_IsASentence(string name, string value)
        => Assert.StartsWith($"{name} (command line): ", Assert.Single(Parsing.Errors("main:app", name, value)), StringComparison.Ordinal);
}
