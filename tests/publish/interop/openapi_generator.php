<?php
// A partner's program: the client that openapi-generator makes for PHP, with Debian's Guzzle.
declare(strict_types=1);

require '/usr/share/php/GuzzleHttp/autoload.php';
spl_autoload_register(static function (string $class): void {
    $path = __DIR__ . '/client/lib/' . strtr(substr($class, strlen('OpenAPI\\Client\\')), '\\', '/') . '.php';
    if (str_starts_with($class, 'OpenAPI\\Client\\') && is_file($path)) {
        require $path;
    }
});

use OpenAPI\Client\Api\GamesApi;
use OpenAPI\Client\Api\ProvidersApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\LaunchGame;

$account = (new Configuration())->setHost(getenv('BASE_URL'))->setAccessToken(getenv('TOKEN'));
$http = new GuzzleHttp\Client();

$providers = (new ProvidersApi($http, $account))->providersList()->getData();
$launch = new LaunchGame([
    'player_id' => 'user123',
    'provider_id' => 1,
    'game_id' => 655,
    'language' => 'en',
    'return_url' => 'https://casino.example/lobby',
    'is_streamer' => false,
]);
$games = new GamesApi($http, $account);
$launched = $games->gamesLaunch($launch);
try {
    $games->gamesLaunch($launch->setGameId(999999));
    throw new LogicException('a game that does not exist was launched');
} catch (ApiException $refused) {
    $error = $refused->getResponseObject();
}

echo json_encode([
    'provider' => get_debug_type($providers[0]),
    'names' => array_map(static fn ($provider) => $provider->getProviderName(), $providers),
    'answer' => get_debug_type($launched),
    'address' => $launched->getData(),
    'status' => $refused->getCode(),
    'error' => get_debug_type($error),
    'code' => $error?->getCode(),
    'message' => $error?->getMessage(),
], JSON_THROW_ON_ERROR);
