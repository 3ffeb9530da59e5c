namespace Hydra.Transport;

/// <summary>Somebody who has more to send to a worker than is good for the memory, and can wait.</summary>
internal interface IOutputWaiter
{
    /// <summary>What had waited is on its way, or the link is closed: ask again. Any thread, under the channel's gate; returns at once.</summary>
    void OnRoom();
}
