namespace Cdp.Local.SchemaRegistry;

/// <summary>The store and its log together: reads from the store, writes to the log first. One change at a time.</summary>
public sealed class Registry : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SchemaTopic _topic;
    private readonly SchemaStore _store = new(CompatibilityLevel.FullTransitive);

    private Registry(SchemaTopic topic) => _topic = topic;

    /// <summary>Opens the log and reads it to its end.</summary>
    public static async Task<Registry> OpenAsync(string bootstrapServers)
    {
        var registry = new Registry(await SchemaTopic.OpenAsync(bootstrapServers));
        await Task.Run(() => registry._topic.Load(registry._store));
        return registry;
    }

    public async Task<T> ReadAsync<T>(Func<SchemaStore, T> read)
    {
        await _one.WaitAsync();
        try
        {
            return read(_store);
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<(SchemaVersion? Version, RegistryError? Error)> RegisterAsync(string subject, ParsedSchema schema)
    {
        await _one.WaitAsync();
        try
        {
            var (version, isNew, error) = _store.Register(subject, schema);
            if (!isNew) return (version, error);
            await _topic.AppendAsync(version!);
            _store.Apply(version!);
            return (version, null);
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task SetLevelAsync(LevelChange change)
    {
        await _one.WaitAsync();
        try
        {
            await _topic.AppendAsync(change);
            _store.Apply(change);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose()
    {
        _topic.Dispose();
        _one.Dispose();
    }
}
