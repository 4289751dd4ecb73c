namespace Cdp.LocalRegistry;

/// <summary>The store and its topic: reads come from the store, writes go to the topic first. One operation at a time.</summary>
public sealed class Registry : IDisposable
{
    private readonly SemaphoreSlim _lock = new(1, 1);
    private readonly SchemaTopic _topic;
    private readonly SchemaStore _store = new(CompatibilityLevel.FullTransitive);

    private Registry(SchemaTopic topic) => _topic = topic;

    /// <summary>Opens the topic and reads it to its end.</summary>
    public static async Task<Registry> OpenAsync(string bootstrapServers)
    {
        var registry = new Registry(await SchemaTopic.OpenAsync(bootstrapServers));
        await Task.Run(() => registry._topic.Load(registry._store));
        return registry;
    }

    public Task<T> ReadAsync<T>(Func<SchemaStore, T> read) => LockedAsync(() => Task.FromResult(read(_store)));

    /// <summary>Registers a schema. Returns once the topic has it.</summary>
    public Task<(SchemaVersion? Version, RegistryError? Error)> RegisterAsync(string subject, ParsedSchema schema) => LockedAsync(async () =>
    {
        var (version, isNew, error) = _store.Register(subject, schema);
        if (!isNew) return (version, error);
        await _topic.AppendAsync(version!);
        _store.Apply(version!);
        return (version, error);
    });

    /// <summary>Changes a compatibility level. Returns once the topic has it.</summary>
    public Task SetLevelAsync(LevelChange change) => LockedAsync(async () =>
    {
        await _topic.AppendAsync(change);
        _store.Apply(change);
        return true;
    });

    public void Dispose()
    {
        _topic.Dispose();
        _lock.Dispose();
    }

    private async Task<T> LockedAsync<T>(Func<Task<T>> operation)
    {
        await _lock.WaitAsync();
        try
        {
            return await operation();
        }
        finally
        {
            _lock.Release();
        }
    }
}
