namespace Hydra.Http;

/// <summary>
/// Gets a copy of a response's body while it goes to the client. Called on the link's thread, mostly under the exchange's lock: it must not
/// wait, nor call anything of the exchange.
/// </summary>
internal interface IBodyCopy
{
    /// <summary>More of the body.</summary>
    void Add(ReadOnlySpan<byte> data);

    /// <summary>No more comes. Further calls do nothing.</summary>
    /// <param name="isComplete">Whether that was all of it; it is not where it breaks off, or goes on with a file.</param>
    void End(bool isComplete);
}
