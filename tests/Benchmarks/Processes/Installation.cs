using System.Security.Cryptography;
using System.Text;
using Cdp.Streaming.Clients;
using Cdp.Testing;

namespace Cdp.Benchmarks.Processes;

/// <summary>Kafka, registry and Redis in one process, on free ports with a temporary folder, and services, each in its own process.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string WriteKey = "bench-write-key";
    public const string ProfileIdKey = "bench-profile-id-key";
    public const string ApiToken = "bench-api-token";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cdp-bench-");
    private readonly List<ServiceProcess> _services = [];
    private readonly string _common;

    public Installation()
    {
        var (kafka, registry, redis) = (FreePort.Find(), FreePort.Find(), FreePort.Find());
        Kafka = new KafkaOptions { BootstrapServers = $"127.0.0.1:{kafka}", SchemaRegistry = $"http://127.0.0.1:{registry}" };
        Redis = ExistingRedis ?? $"127.0.0.1:{redis}";
        _common = $"--Kafka:BootstrapServers={Kafka.BootstrapServers} --Kafka:SchemaRegistry={Kafka.SchemaRegistry} --Redis:Endpoint={Redis}"
            + $" --ProfileIds:Key={ProfileIdKey} --Api:Tokens:0={Hash(ApiToken)}";
        var arguments = $"--infra --data {_folder.FullName}/data --kafka-port {kafka} --registry-port {registry} --redis-port {redis}";
        Infra = new ServiceProcess("Local", arguments, new Uri(Kafka.SchemaRegistry), new Uri(Kafka.SchemaRegistry), "/subjects");
    }

    /// <summary>An empty Redis to use instead of the embedded one; null if there is none.</summary>
    public static string? ExistingRedis => Environment.GetEnvironmentVariable("CDP_TEST_REDIS");

    public KafkaOptions Kafka { get; }
    public string Redis { get; }
    public ServiceProcess Infra { get; }

    /// <summary>A service that has not been started yet. Disposing of the installation stops it.</summary>
    public ServiceProcess Service(string name, string arguments = "")
    {
        var service = ServiceProcess.OnFreePorts(name, $"{_common} {arguments}");
        _services.Add(service);
        return service;
    }

    /// <summary>Creates a folder for files of a service, which is deleted with the installation.</summary>
    public string CreateFolder(string name) => _folder.CreateSubdirectory(name).FullName;

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services) await service.DisposeAsync();
        await Infra.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
