namespace Hydra.Redis;

/// <summary>A server cannot be used.</summary>
/// <param name="message">Why: a sentence without its full stop, and without the password.</param>
/// <param name="isFinal">Whether to try again makes no sense, unless somebody changes something.</param>
internal sealed class RedisException(string message, bool isFinal = false) : Exception(message)
{
    /// <summary>Whether to try again makes no sense, unless somebody changes something.</summary>
    public bool IsFinal => isFinal;
}
