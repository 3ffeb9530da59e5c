using Hydra.Files;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Files;

public sealed class SourceTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Look_FileChangedAddedOrRemoved_IsNamed()
    {
        string file = Write("a/b.py", "1");
        SourceTree tree = Create();
        Assert.Null(tree.Look());
        Assert.Null(tree.Look());

        File.WriteAllText(file, "22");
        Assert.Equal(file, tree.Look());
        string added = Write("c.py", "1");
        Assert.Equal(added, tree.Look());
        File.Delete(file);
        Assert.Equal(file, tree.Look());
        Assert.Null(tree.Look());
    }

    [Theory]
    [InlineData(".venv/lib/x.py")]
    [InlineData("node_modules/x.py")]
    [InlineData("a/node_modules/x.py")]
    [InlineData("__pycache__/x.py")]
    [InlineData("env/x.py")]
    [InlineData("out/x.py")]
    [InlineData("a/generated.py")]
    [InlineData("page.html")]
    [InlineData("skipped/x.py")]
    public void Look_WhatNobodyEdits_IsNotWatched(string path)
    {
        Write(".git/HEAD", "");
        Write(".gitignore", "out/\n");
        Write("a/.gitignore", "generated.py\n");
        Write("env/pyvenv.cfg", "");
        SourceTree tree = Create(excludes: "skipped");
        tree.Look();
        Write(path, "1");

        Assert.Null(tree.Look());
        Assert.Equal(0, tree.Count);
    }

    [Fact]
    public void Look_IncludedFile_IsWatchedThoughGitIgnoresIt()
    {
        Write(".git/HEAD", "");
        Write(".gitignore", "*.html\n");
        SourceTree tree = Create(includes: "*.html");
        tree.Look();

        Assert.Equal(Write("page.html", "1"), tree.Look());
    }

    [Fact]
    public void Look_IgnoreFileFurtherOut_CountsWithinARepository()
    {
        Write("repo/.git/HEAD", "");
        Write("repo/.gitignore", "made.py\n");
        SourceTree tree = new([Path.Combine(_directory.Path, "repo", "src")], [], []);
        Write("repo/src/made.py", "1");
        Write("repo/src/mine.py", "1");
        tree.Look();

        Assert.Equal(1, tree.Count);
    }

    private SourceTree Create(string? includes = null, string? excludes = null)
        => new([_directory.Path], includes is null ? [] : [includes], excludes is null ? [] : [excludes]);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
