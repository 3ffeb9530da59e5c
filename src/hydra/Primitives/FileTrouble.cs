namespace Hydra.Primitives;

/// <summary>Why a file that a user has named cannot be had, as the rest of a sentence. What .NET says names other files than the user does.</summary>
internal static class FileTrouble
{
    /// <summary>Why it cannot be read.</summary>
    /// <param name="error">What .NET says: an IOException or an UnauthorizedAccessException.</param>
    /// <param name="path">The file.</param>
    public static string OfReading(Exception error, string path) => error switch
    {
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
        UnauthorizedAccessException => $"{User} may not read it, or may not enter a directory that it is in",
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        _ => Reason(error),
    };

    /// <summary>Why it cannot be made, or be replaced.</summary>
    /// <param name="error">What .NET says: an IOException or an UnauthorizedAccessException.</param>
    /// <param name="path">The file.</param>
    public static string OfWriting(Exception error, string path) => error switch
    {
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a directory",
        UnauthorizedAccessException => $"{User} may not write in the directory {Path.GetDirectoryName(path)}",
        DirectoryNotFoundException => $"there is no directory {Path.GetDirectoryName(path)}",
        FileNotFoundException => $"nothing can be made in the directory {Path.GetDirectoryName(path)}",
        _ => Reason(error),
    };

    private static string User => Environment.UserName is { Length: > 0 } name ? $"the user {name}" : "this user";

    // Behind the system's words .NET has the path.
    private static string Reason(Exception error) => error.Message.Split(" : '", 2)[0].TrimEnd('.');
}
