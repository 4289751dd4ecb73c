using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cdp.Streaming;

namespace Cdp.Benchmarks;

/// <summary>Kafka, registry and Redis as one process on free ports and a folder of their own, and services beside it, each a process.</summary>
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
        var (kafka, registry, redis, infra) = (FreePort(), FreePort(), FreePort(), FreePort());
        Kafka = new KafkaOptions { BootstrapServers = $"127.0.0.1:{kafka}", SchemaRegistry = $"http://127.0.0.1:{registry}" };
        Redis = ExistingRedis ?? $"127.0.0.1:{redis}";
        _common = $"--Kafka:BootstrapServers={Kafka.BootstrapServers} --Kafka:SchemaRegistry={Kafka.SchemaRegistry} --Redis:Endpoint={Redis} --ProfileIds:Key={ProfileIdKey} --Api:Tokens:0={Hash(ApiToken)}";
        Infra = new ServiceProcess("Local", $"--infra --data {_folder.FullName}/data --kafka-port {kafka} --registry-port {registry} --redis-port {redis}", new Uri(Kafka.SchemaRegistry), "/subjects");
    }

    /// <summary>An empty Redis of the user's instead of the embedded one.</summary>
    public static string? ExistingRedis => Environment.GetEnvironmentVariable("CDP_TEST_REDIS");

    public KafkaOptions Kafka { get; }
    public string Redis { get; }
    public ServiceProcess Infra { get; }

    /// <summary>A service that is not started yet; it ends with the installation.</summary>
    public ServiceProcess Service(string name, string arguments = "")
    {
        var port = FreePort();
        var service = new ServiceProcess(name, string.Create(CultureInfo.InvariantCulture, $"{_common} {arguments} --Port={port}"), new Uri($"http://127.0.0.1:{port}"), "/health/ready");
        _services.Add(service);
        return service;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services) await service.DisposeAsync();
        await Infra.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
